// Plays one turn from Go, with the standard library alone.
//
//	go run follow.go http://127.0.0.1:8080 ferry_crossing "I look around."
package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"
)

type accepted struct {
	RequestID string `json:"request_id"`
}

type game struct {
	ID     string `json:"id"`
	Cursor string `json:"cursor"`
}

type eventData struct {
	RequestID string `json:"request_id"`
	Content   string `json:"content"`
}

// post sends JSON and reads the answer. Only a wrong status is an error that repeating does not help.
func post(url, key string, body, answer any) (status int, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequest("POST", url, bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	if response.StatusCode >= 300 {
		return response.StatusCode, fmt.Errorf("%s: %s", response.Status, said)
	}
	return response.StatusCode, json.Unmarshal(said, answer)
}

// say has a message accepted once, however often it is sent: no answer and 503 are repeated under the same key.
func say(server, game, message string) string {
	var random [16]byte
	if _, err := rand.Read(random[:]); err != nil {
		log.Fatal(err)
	}
	key := fmt.Sprintf("%x", random)
	for {
		var request accepted
		status, err := post(server+"/v1/chat", key, map[string]string{"game_state_id": game, "message": message}, &request)
		if err == nil {
			return request.RequestID
		}
		if status != 0 && status != http.StatusServiceUnavailable {
			log.Fatal(err)
		}
		time.Sleep(time.Second)
	}
}

// follow reads one connection's events and returns the id of the last one, and how the request ended, if it did.
func follow(server, game, request, last string) (id, ended string) {
	stream, err := http.NewRequest("GET", server+"/v1/events/games/"+game, nil)
	if err != nil {
		log.Fatal(err)
	}
	stream.Header.Set("Last-Event-ID", last)
	response, err := http.DefaultClient.Do(stream)
	if err != nil {
		return last, ""
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return last, ""
	}
	event := ""
	lines := bufio.NewReader(response.Body)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return last, ""
		}
		name, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ": ")
		switch name {
		case "id":
			last = value
		case "event":
			event = value
		case "data":
			var data eventData
			if json.Unmarshal([]byte(value), &data) != nil || data.RequestID != request {
				continue
			}
			switch event {
			case "chat.chunk":
				fmt.Print(data.Content)
			case "attempt.superseded":
				fmt.Println("\n[what was shown so far is void]")
			case "request.completed", "request.failed", "request.cancelled":
				return last, event
			}
		}
	}
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: follow SERVER SCENARIO MESSAGE")
	}
	server := os.Args[1]
	var created game
	if _, err := post(server+"/v1/gamestate", "", map[string]string{"scenario": os.Args[2]}, &created); err != nil {
		log.Fatal(err)
	}
	request := say(server, created.ID, os.Args[3])
	// A stream that ends goes on where it ended.
	for last, ended := follow(server, created.ID, request, created.Cursor); ; last, ended = follow(server, created.ID, request, last) {
		if ended != "" {
			fmt.Printf("\n[%s]\n", ended)
			if ended != "request.completed" {
				os.Exit(1)
			}
			return
		}
		time.Sleep(time.Second)
	}
}
