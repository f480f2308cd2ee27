// Reservation-table keeps a table of all reservations from their events, and prints it when it has read what there is.
//
//	KAFKA_BOOTSTRAP_SERVERS=localhost:9092 go run .
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const topic = "reservation.reservation.v1"

// reservation is what is needed of a reservation's state. A status is a text: tomorrow there may be more of them.
type reservation struct {
	ID         string `json:"reservation_id"`
	Status     string `json:"status"`
	Version    int64  `json:"version"`
	SpotID     string `json:"spot_id"`
	SpotNumber string `json:"spot_number"`
}

// table holds the newest state of each reservation by its id.
type table map[string]reservation

// apply takes an event's state, unless it is a repeat or older than what is known. Each event holds the full state, so
// its type does not matter here.
func (t table) apply(value []byte) error {
	var state reservation
	if err := json.Unmarshal(value, &state); err != nil {
		return err
	}
	if known, ok := t[state.ID]; !ok || state.Version > known.Version {
		t[state.ID] = state
	}
	return nil
}

func main() {
	read, err := readTable(context.Background(), os.Getenv("KAFKA_BOOTSTRAP_SERVERS"))
	if err != nil {
		log.Fatal(err)
	}
	out := json.NewEncoder(os.Stdout)
	for _, row := range read {
		if err := out.Encode(row); err != nil {
			log.Fatal(err)
		}
	}
}

func readTable(ctx context.Context, bootstrapServers string) (table, error) {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(bootstrapServers, ",")...),
		// The table is in memory, so each start reads everything: there is no group with offsets to continue at.
		kgo.ConsumeTopics(topic),
		// The default of this client too; others begin with what comes next, and skip what was there.
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()),
	)
	if err != nil {
		return nil, err
	}
	defer client.Close()

	unread, err := partitionsToRead(ctx, kadm.NewClient(client))
	if err != nil {
		return nil, err
	}
	read := table{}
	for len(unread) > 0 {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return nil, err
		}
		for records := fetches.RecordIter(); !records.Done(); {
			record := records.Next()
			if err := read.apply(record.Value); err != nil {
				return nil, fmt.Errorf("partition %d, offset %d: %w", record.Partition, record.Offset, err)
			}
			// Nothing here is published in transactions, so the record before the end is one that comes.
			if record.Offset >= unread[record.Partition]-1 {
				delete(unread, record.Partition)
			}
		}
	}
	return read, nil
}

// partitionsToRead names the partitions that hold anything, and the offset at which each ends now.
func partitionsToRead(ctx context.Context, admin *kadm.Client) (map[int32]int64, error) {
	starts, err := admin.ListStartOffsets(ctx, topic)
	if err != nil {
		return nil, err
	}
	ends, err := admin.ListEndOffsets(ctx, topic)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(starts.Error(), ends.Error()); err != nil {
		return nil, err
	}
	unread := map[int32]int64{}
	ends.Each(func(end kadm.ListedOffset) {
		if start, _ := starts.Lookup(topic, end.Partition); start.Offset < end.Offset {
			unread[end.Partition] = end.Offset
		}
	})
	return unread, nil
}
