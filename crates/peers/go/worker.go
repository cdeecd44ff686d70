// What speaks the worker protocol (crates/worker/src/protocol.rs): JSON lines on standard input and output.

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const version = 4

// Threads that are not a peer's own: the one that reads standard input.
const listeners = 1

// A peer makes the requests with the client, and returns an outcome for each.
type peer func(client *http.Client, concurrency int, requests []Request) []Outcome

// Request is a GET whose answer must be a UUID.
type Request struct {
	URL string
	// How often the answer is hashed, to keep the processor busy.
	work int
}

// Outcome is the outcome of a request, with its times.
type Outcome struct {
	lane              int
	started, finished time.Time
	result            Result
}

func timed(lane int, client *http.Client, request Request) Outcome {
	started := time.Now()
	result := fetch(client, request)
	return Outcome{lane, started, time.Now(), result}
}

type settings struct {
	Concurrency int
	Timeout     struct{ Secs, Nanos int64 }
}

func (s *settings) client() *http.Client {
	return newClient(s.Concurrency, time.Duration(s.Timeout.Secs)*time.Second+time.Duration(s.Timeout.Nanos))
}

type order struct {
	Prepare *struct{ Settings settings }
	Run     *batch
	Measure *struct {
		Cold *struct{ Settings settings }
		batch
	}
}

type batch struct{ Requests []map[string]json.RawMessage }

type asked struct {
	Status  *int
	Content json.RawMessage
	Kept    json.RawMessage
	Work    int
}

func is(raw json.RawMessage, word string) bool { return raw == nil || string(raw) == `"`+word+`"` }

// requests returns the requests of a batch, or false for requests that a peer does not make.
func (b *batch) requests(modelsStepNs float64) ([]Request, bool) {
	var all []Request
	for _, described := range b.Requests {
		var url string
		repeated, check := 1, asked{}
		for name, value := range described {
			var err error
			switch name {
			case "url":
				err = json.Unmarshal(value, &url)
			case "times":
				err = json.Unmarshal(value, &repeated)
			case "check":
				err = json.Unmarshal(value, &check)
			default:
				return nil, false
			}
			if err != nil {
				return nil, false
			}
		}
		if check.Status != nil || !is(check.Content, "uuid") || !is(check.Kept, "not") {
			return nil, false
		}
		request := Request{url, times(check.Work, modelsStepNs)}
		for i := 0; i < repeated; i++ {
			all = append(all, request)
		}
	}
	return all, true
}

type usage struct {
	User        int64 `json:"user_ns"`
	System      int64 `json:"system_ns"`
	Voluntary   int64 `json:"voluntary_switches"`
	Involuntary int64 `json:"involuntary_switches"`
	PeakMemory  int64 `json:"peak_memory"`
	Threads     int64 `json:"threads"`
}

// startMeter counts what this process uses from here on, in all of its threads.
func startMeter() func() usage {
	// From here on the peak of the memory counts anew (proc(5)).
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	var before, after syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	return func() usage {
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
		return usage{
			User:        after.Utime.Nano() - before.Utime.Nano(),
			System:      after.Stime.Nano() - before.Stime.Nano(),
			Voluntary:   after.Nvcsw - before.Nvcsw,
			Involuntary: after.Nivcsw - before.Nivcsw,
			PeakMemory:  1024 * statusField("VmHWM:"),
			Threads:     statusField("Threads:"),
		}
	}
}

func statusField(name string) int64 {
	status, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(status), "\n") {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == name {
			n, _ := strconv.ParseInt(fields[1], 10, 64)
			return n
		}
	}
	return 0
}

func described(outcomes []Outcome, start time.Time) []words {
	all := make([]words, len(outcomes))
	for i, outcome := range outcomes {
		all[i] = words{
			"lane":        outcome.lane,
			"started_ns":  outcome.started.Sub(start).Nanoseconds(),
			"finished_ns": outcome.finished.Sub(start).Nanoseconds(),
			"result":      outcome.result,
		}
	}
	return all
}

func say(message any) {
	line, err := json.Marshal(message)
	if err == nil {
		_, err = os.Stdout.Write(append(line, '\n'))
	}
	if err != nil {
		os.Exit(1)
	}
}

// listen returns the lines of standard input. Its end is the end of this process, also in mid-request.
func listen() <-chan []byte {
	lines := make(chan []byte)
	go func() {
		input := bufio.NewReader(os.Stdin)
		for {
			line, err := input.ReadBytes('\n')
			if err != nil {
				os.Exit(0)
			}
			lines <- line
		}
	}()
	return lines
}

func serve(peer peer, step string) {
	modelsStepNs, err := strconv.ParseFloat(step, 64)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	say(words{"hello": words{"protocol": version}})
	var prepared settings
	var client *http.Client
	for line := range listen() {
		var order order
		if err := json.Unmarshal(line, &order); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if order.Prepare != nil {
			prepared = order.Prepare.Settings
			client = prepared.client()
			say("prepared")
			continue
		}
		batch := order.Run
		if order.Measure != nil {
			batch = &order.Measure.batch
		}
		requests, known := batch.requests(modelsStepNs)
		if !known {
			say(words{"refused": words{"reason": "it makes GET requests for a UUID only"}})
			continue
		}
		stop, start := startMeter(), time.Now()
		if order.Measure != nil && order.Measure.Cold != nil {
			// What is cold is prepared and ended on the clock.
			cold := order.Measure.Cold.Settings
			client := cold.client()
			outcomes := peer(client, cold.Concurrency, requests)
			client.CloseIdleConnections()
			measured(outcomes, start, time.Since(start), stop())
			continue
		}
		outcomes := peer(client, prepared.Concurrency, requests)
		wall, own := time.Since(start), stop()
		if order.Measure != nil {
			measured(outcomes, start, wall, own)
			continue
		}
		own.Threads -= listeners
		say(words{"outcomes": words{"outcomes": described(outcomes, start), "usage": own}})
	}
}

func measured(outcomes []Outcome, start time.Time, wall time.Duration, own usage) {
	say(words{"measured": words{
		"wall_ns": wall.Nanoseconds(), "outcomes": described(outcomes, start), "own": own, "elsewhere": usage{},
	}})
}
