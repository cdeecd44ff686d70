// The client of all requests, and one request with it.

package main

import (
	"io"
	"net/http"
	"time"
)

// The client of all requests. It follows the documentation of net/http: "Clients and Transports are safe for
// concurrent use by multiple goroutines and for efficiency should only be created once and re-used". The Transport
// would keep two idle connections of a host by default, and close the others after each burst, so that this one keeps
// as many as there are requests in flight. A proxy of the environment is left out, and redirects are not followed, as
// in all models.
func newClient(concurrency int, timeout time.Duration) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.MaxIdleConns = concurrency
	transport.MaxIdleConnsPerHost = concurrency
	return &http.Client{
		Transport: transport,
		Timeout:   timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

// One request. The body is read to its end and closed, since only then the connection is used again.
func fetch(client *http.Client, request Request) Result {
	response, err := client.Get(request.URL)
	if err != nil {
		return failure(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return failure(err)
	}
	return check(response.StatusCode, body, request)
}
