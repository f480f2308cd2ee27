package example;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Keeps a table of all reservations from their events, and prints it when it has read what there is. */
public final class ReservationTable {
  private static final String TOPIC = "reservation.reservation.v1";

  private static final ObjectMapper JSON =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  /** What is needed of a reservation's state. A status is a text: tomorrow there may be more of them. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Reservation(
      String reservationId, String status, long version, String spotId, String spotNumber) {}

  public static void main(String[] arguments) throws IOException {
    for (Reservation row : readTable(System.getenv("KAFKA_BOOTSTRAP_SERVERS")).values()) {
      System.out.println(JSON.writeValueAsString(row));
    }
  }

  /** The newest state of each reservation, by its id. */
  static Map<String, Reservation> readTable(String bootstrapServers) throws IOException {
    Map<String, Object> settings = Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
    Map<String, Reservation> table = new HashMap<>();
    try (var consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(TOPIC).stream()
              .map(partition -> new TopicPartition(TOPIC, partition.partition()))
              .toList();
      // The table is in memory, so each start reads everything: there is no group with offsets to
      // continue at. Without the second line it would begin with what comes next.
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (ends.entrySet().stream()
          .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
          apply(table, JSON.readValue(record.value(), Reservation.class));
        }
      }
    }
    return table;
  }

  /**
   * Takes an event's state, unless it is a repeat or older than what is known. Each event holds the
   * full state, so its type does not matter here.
   */
  static void apply(Map<String, Reservation> table, Reservation state) {
    table.merge(
        state.reservationId(),
        state,
        (known, next) -> next.version() > known.version() ? next : known);
  }

  private ReservationTable() {}
}
