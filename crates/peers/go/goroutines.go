// The way of `go-goroutines`: all requests at once.

package main

import (
	"net/http"
	"sync"
)

// All requests at once: a goroutine for each, and a sync.WaitGroup, as the example of WaitGroup in the documentation
// of the package sync does it.
func goroutines(client *http.Client, _ int, requests []Request) []Outcome {
	outcomes := make([]Outcome, len(requests))
	var all sync.WaitGroup
	for i, request := range requests {
		all.Add(1)
		go func(i int, request Request) {
			defer all.Done()
			outcomes[i] = timed(i, client, request)
		}(i, request)
	}
	all.Wait()
	return outcomes
}
