// What an expression computes with: nil, truth, numbers, texts, lists, maps, records, times and lengths of time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sluice::analysis::expression {

// What is known about a value. `unknown` and `environment` are static kinds only: an operand that could be anything,
// and the names that an expression starts with.
enum class Kind : std::uint8_t {
  unknown,
  nil,
  boolean,
  integer,    // int, what literals and len() are
  integer64,  // int64
  unsigned64,
  byte,  // an item of a bytes literal
  floating,
  text,
  list,
  map,         // from text
  dictionary,  // from any value that can be compared
  record,      // fields with names and types known beforehand
  time,
  duration,  // nanoseconds
  zone,
  month,    // 1 to 12; a whole number by name only
  weekday,  // 0 is Sunday; a whole number by name only
  environment
};

constexpr bool is_whole(Kind kind) { return kind >= Kind::integer && kind <= Kind::byte; }

class Value;
class Zone;
struct Moment;
struct List;
struct Fields;
struct Dictionary;
struct Record;
struct RecordType;
using Map = std::map<std::string, Value, std::less<>>;
using ZonePointer = std::shared_ptr<const Zone>;

// A whole number of some kind; also the lengths of time, months and weekdays.
struct Whole {
  std::int64_t number = 0;
  Kind kind = Kind::integer;
};

// A value, cheap to copy: texts, lists and maps are shared and immutable.
class Value {
 public:
  Value() = default;
  Value(bool truth) : held_(truth) {}
  Value(std::int64_t number) : held_(Whole{number}) {}
  Value(int number) : held_(Whole{number}) {}
  Value(Whole whole) : held_(whole) {}
  Value(double number) : held_(number) {}
  Value(std::string text) : held_(std::make_shared<const std::string>(std::move(text))) {}
  Value(std::string_view text) : Value(std::string(text)) {}
  Value(const char* text) : Value(std::string(text)) {}
  Value(List list);
  Value(Map map);
  Value(Dictionary dictionary);
  Value(Record record);
  Value(Moment moment);
  Value(ZonePointer zone) : held_(std::move(zone)) {}

  Kind kind() const {
    static constexpr Kind kinds[] = {Kind::nil, Kind::boolean,    Kind::integer, Kind::floating, Kind::text, Kind::list,
                                     Kind::map, Kind::dictionary, Kind::record,  Kind::time,     Kind::zone};
    const Whole* whole = std::get_if<Whole>(&held_);
    return whole ? whole->kind : kinds[held_.index()];
  }
  bool is_nil() const { return held_.index() == 0; }
  // Any kind of whole number; no length of time.
  bool is_integer() const {
    const Whole* whole = std::get_if<Whole>(&held_);
    return whole && is_whole(whole->kind);
  }
  bool is_number() const { return is_integer() || std::holds_alternative<double>(held_); }

  // The caller has looked at kind().
  bool boolean() const { return std::get<bool>(held_); }
  // Also the nanoseconds of a duration and the number of a month or weekday.
  std::int64_t integer() const { return std::get<Whole>(held_).number; }
  double floating() const { return std::get<double>(held_); }
  const std::string& text() const { return *std::get<std::shared_ptr<const std::string>>(held_); }
  const List& list() const { return *std::get<std::shared_ptr<const List>>(held_); }
  const Map& map() const;
  const Dictionary& dictionary() const { return *std::get<std::shared_ptr<const Dictionary>>(held_); }
  const Record& record() const { return *std::get<std::shared_ptr<const Record>>(held_); }
  const Moment& moment() const { return *std::get<std::shared_ptr<const Moment>>(held_); }
  const ZonePointer& zone() const { return std::get<ZonePointer>(held_); }
  // How many lists and maps stand inside each other, this one included; 0 for what is neither.
  std::size_t depth() const;
  // Of an integer or a float.
  double number() const;

 private:
  std::variant<std::monostate, bool, Whole, double, std::shared_ptr<const std::string>, std::shared_ptr<const List>,
               std::shared_ptr<const Fields>, std::shared_ptr<const Dictionary>, std::shared_ptr<const Record>,
               std::shared_ptr<const Moment>, ZonePointer>
      held_;
};

// `elements` is the kind that all items are declared to have: floating for a Prometheus vector, unknown for a list
// that came from JSON. Conditions are checked against it before they run.
struct List {
  std::vector<Value> items;
  Kind elements = Kind::unknown;
  const RecordType* record = nullptr;  // of the elements, when they are records
  std::size_t depth = 1;               // worked out when it becomes a Value
};

// A map with what is known of it.
struct Fields {
  Map entries;
  std::size_t depth = 1;
};

// A map from values to values, as groupBy() and fromPairs() make it. Keys of different kinds are never equal.
struct Dictionary {
  std::vector<std::pair<Value, Value>> entries;            // in the order in which their keys came
  std::map<std::string, std::size_t, std::less<>> places;  // by key_of()
  std::size_t depth = 1;                                   // worked out when it becomes a Value

  // nullptr when the key is absent or cannot be one.
  const Value* find(const Value& key) const;
  // The place of the key, which is added with nil when it is absent; nullptr when it cannot be a key.
  Value* at(const Value& key);
};

// A record such as one row of CloudWatch's answer. The type outlives all values.
struct Field {
  std::string_view name;
  Kind kind = Kind::unknown;
  Kind element = Kind::unknown;  // of a list
};
struct RecordType {
  std::string_view name;  // "types.MetricDataResult"
  std::vector<Field> fields;
};
struct Record {
  const RecordType* type = nullptr;  // never null
  std::vector<Value> values;         // one for each field
  std::size_t depth = 1;             // worked out when it becomes a Value
  const Value* find(std::string_view field) const;
};

// The type as the reference's messages spell it: "float64", "[]interface {}", "<nil>".
std::string type_name(const Value& value);
// The bytes of a list whose elements are bytes.
std::string bytes_of(const Value& value);

// A float in its shortest form without an exponent: "0.95", "NaN", "+Inf". What a measurement shows.
std::string print_decimal(double number);
// What the reference calls a kind; lists and records are named by their parts.
std::string_view name_of(Kind kind);

// Values share their parts, so a small one may print as a very long text: printing ends soon after `limit` bytes, and
// the text is then longer than the limit.
inline constexpr std::size_t print_limit = std::size_t{1} << 20;
// A value as string() writes it: "1e+06", "[1 a]", "map[k:v]", "<nil>".
std::string print_plain(const Value& value, std::size_t limit = print_limit);
// The same for messages, cut to 64 bytes.
std::string print_short(const Value& value);
// Compact JSON, keys sorted, with <, > and & escaped. NaN and infinities, which JSON cannot say, become null.
std::string print_compact(const Value& value, std::size_t limit = print_limit);
// As people read values: compact JSON, but times and lengths of time as text, and numbers that JSON cannot say.
std::string print_for_people(const Value& value);
// JSON with two spaces of indentation, as toJSON() writes it.
std::string print_indented(const Value& value, std::size_t limit = print_limit);

}  // namespace sluice::analysis::expression
