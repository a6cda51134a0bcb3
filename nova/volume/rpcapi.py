"""The RPC interface of nova-volume: topic `volume`. All its work comes by the journal; `work` says that some waits
(see nova.compute.bell)."""

TOPIC = 'volume'
