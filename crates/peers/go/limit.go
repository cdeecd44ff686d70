// The way of `go-limit`: a limited number of requests at once.

package main

import (
	"net/http"
	"sync"
)

// A limited number of requests at once: a fixed number of goroutines that take the next request from a channel. This
// is "Bounded parallelism" in the Go blog's "Go Concurrency Patterns: Pipelines and cancellation".
func limited(client *http.Client, concurrency int, requests []Request) []Outcome {
	outcomes := make([]Outcome, len(requests))
	next := make(chan int)
	var all sync.WaitGroup
	for lane := 0; lane < concurrency && lane < len(requests); lane++ {
		all.Add(1)
		go func(lane int) {
			defer all.Done()
			for i := range next {
				outcomes[i] = timed(lane, client, requests[i])
			}
		}(lane)
	}
	for i := range requests {
		next <- i
	}
	close(next)
	all.Wait()
	return outcomes
}
