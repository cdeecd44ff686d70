module fanout/peers

go 1.19
