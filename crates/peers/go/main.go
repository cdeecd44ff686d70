// The Go peers: each file has one way to make requests at the same time, with net/http.
//
//	peers goroutines|limit STEP     STEP: how many nanoseconds the models' work takes for each time that it hashes
package main

import (
	"fmt"
	"os"
)

var peers = map[string]peer{"goroutines": goroutines, "limit": limited}

func main() {
	if len(os.Args) == 3 && peers[os.Args[1]] != nil {
		serve(peers[os.Args[1]], os.Args[2])
		return
	}
	fmt.Fprintln(os.Stderr, "usage: peers goroutines|limit STEP")
	os.Exit(2)
}
