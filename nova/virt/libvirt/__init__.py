"""Guests in QEMU or KVM through libvirt."""
