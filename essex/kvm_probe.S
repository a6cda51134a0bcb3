# Boot sector of the KVM probe (essex/kvm.py holds it assembled): enters 64-bit mode as a kernel does, takes an
# exception, writes "64-bit" to the serial port and ends QEMU through its debug exit device.
#     as -o probe.o kvm_probe.S && ld -Ttext 0x7c00 --oformat binary -o probe.img probe.o
.code16
.globl _start
_start:
    cli
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $0x7c00, %sp
    cld
    inb $0x92, %al
    orb $2, %al
    outb %al, $0x92
    # page tables at 0x1000: the first 2 MB, one to one
    movw $0x1000, %di
    xorw %ax, %ax
    movw $0x2800, %cx
    rep stosw
    movw $0x2003, 0x1000
    movw $0x3003, 0x2000
    movw $0x0083, 0x3000
    movl $0x1000, %eax
    movl %eax, %cr3
    movl %cr4, %eax
    orl $0x20, %eax
    movl %eax, %cr4
    movl $0xc0000080, %ecx
    rdmsr
    orl $0x101, %eax
    wrmsr
    lgdt gdtr
    movl %cr0, %eax
    orl $0x80010001, %eax
    movl %eax, %cr0
    ljmp $8, $long
.code64
long:
    xorl %eax, %eax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $0x7c00, %esp
    # interrupt 3 at 0x4000: an exception and its return, as every kernel needs
    movl $0x4000 + 3 * 16, %edi
    movl $handler, %eax
    movw %ax, (%rdi)
    movw $8, 2(%rdi)
    movw $0x8e00, 4(%rdi)
    lidt idtr
    # what a kernel sets for system calls and for its own data
    movl $0xc0000082, %ecx
    movl $handler, %eax
    xorl %edx, %edx
    wrmsr
    movl $0xc0000102, %ecx
    wrmsr
    swapgs
    swapgs
    movq %cr3, %rax
    movq %rax, %cr3
    xorl %ebx, %ebx
    int3
    cmpl $42, %ebx
    jne stop
    movl $text, %esi
next:
    lodsb
    testb %al, %al
    jz stop
    movw $0x3f8, %dx
    outb %al, %dx
    jmp next
stop:
    movw $0x501, %dx
    movb $1, %al
    outb %al, %dx
    hlt
    jmp stop
handler:
    movl $42, %ebx
    iretq
.align 8
gdt:
    .quad 0
    .quad 0x00af9a000000ffff
gdtr:
    .word 15
    .long gdt
idtr:
    .word 0xfff
    .quad 0x4000
text:
    .asciz "64-bit\n"
.org 510
    .word 0xaa55
