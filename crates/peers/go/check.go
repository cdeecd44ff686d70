// The check of an answer, after the work on it, and the words of the protocol for what failed.

package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// Result is what became of a request, in the protocol's words: {"Ok": uuid} or {"Err": failure}.
type Result struct {
	Ok  string `json:",omitempty"`
	Err any    `json:",omitempty"`
}

type words map[string]any

var uuid = regexp.MustCompile(`^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$`)

// check returns the UUID in an answer, after the work on it, or the failure.
func check(status int, body []byte, request Request) Result {
	if status < 200 || status > 299 {
		return Result{Err: words{"status": status}}
	}
	var answer struct {
		UUID *string `json:"uuid"`
	}
	var wrongType *json.UnmarshalTypeError
	switch err := json.Unmarshal(body, &answer); {
	case errors.As(err, &wrongType) && wrongType.Field == "uuid":
		return Result{Err: words{"body": "not-uuid"}}
	case errors.As(err, &wrongType):
		return Result{Err: words{"body": "no-uuid"}}
	case err != nil:
		return Result{Err: words{"body": "not-json"}}
	case answer.UUID == nil:
		return Result{Err: words{"body": "no-uuid"}}
	case !uuid.MatchString(*answer.UUID):
		return Result{Err: words{"body": "not-uuid"}}
	}
	work(body, request.work)
	return Result{Ok: *answer.UUID}
}

// failure says what an error of net/http means.
func failure(err error) Result {
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return Result{Err: "timeout"}
	case errors.Is(err, syscall.ECONNREFUSED):
		return Result{Err: words{"connect": err.Error()}}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return Result{Err: words{"body": "truncated"}}
	case strings.Contains(err.Error(), "malformed HTTP"):
		return Result{Err: words{"body": "not-http"}}
	}
	return Result{Err: words{"connect": err.Error()}}
}

func work(data []byte, times int) {
	for i := 0; i < times; i++ {
		sum := sha256.Sum256(data)
		data = sum[:]
	}
}

// stepNs is how long one SHA-256 takes; 0 until it was measured.
var stepNs float64

// times returns how often to hash with SHA-256, for the time that the models take for this many of their steps.
func times(steps int, modelsStepNs float64) int {
	if steps == 0 {
		return 0
	}
	if stepNs == 0 {
		stepNs = calibrated()
	}
	if n := int(float64(steps) * modelsStepNs / stepNs); n > 1 {
		return n
	}
	return 1
}

// calibrated returns how long one SHA-256 takes: the fastest of five tries, in nanoseconds.
func calibrated() float64 {
	const n = 20_000
	fastest := math.Inf(1)
	for try := 0; try < 5; try++ {
		begun := time.Now()
		work([]byte("calibration"), n)
		fastest = math.Min(fastest, float64(time.Since(begun))/n)
	}
	return fastest
}
