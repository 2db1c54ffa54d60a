// What an expression computes with: nil, truth, whole numbers, floats, texts, lists and maps from text.
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

// What is known about a value. `unknown` is a static kind only: an operand that could be anything.
enum class Kind : std::uint8_t { unknown, nil, boolean, integer, integer64, floating, text, list, map, environment };

class Value;
struct List;
struct Fields;
using Map = std::map<std::string, Value, std::less<>>;

// A value, cheap to copy: texts, lists and maps are shared and immutable.
class Value {
 public:
  Value() = default;
  Value(bool truth) : held_(truth) {}
  Value(std::int64_t number) : held_(number) {}
  Value(int number) : held_(std::int64_t{number}) {}
  Value(double number) : held_(number) {}
  Value(std::string text) : held_(std::make_shared<const std::string>(std::move(text))) {}
  Value(std::string_view text) : Value(std::string(text)) {}
  Value(const char* text) : Value(std::string(text)) {}
  Value(List list);
  Value(Map map);

  Kind kind() const;
  bool is_nil() const { return held_.index() == 0; }
  bool is_number() const { return held_.index() == 2 || held_.index() == 3; }

  // The caller has looked at kind().
  bool boolean() const { return std::get<1>(held_); }
  std::int64_t integer() const { return std::get<2>(held_); }
  double floating() const { return std::get<3>(held_); }
  const std::string& text() const { return *std::get<4>(held_); }
  const List& list() const { return *std::get<5>(held_); }
  const Map& map() const;
  // How many lists and maps stand inside each other, this one included; 0 for what is neither.
  std::size_t depth() const;
  // Of an integer or a float.
  double number() const { return held_.index() == 2 ? static_cast<double>(integer()) : floating(); }

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::shared_ptr<const std::string>,
               std::shared_ptr<const List>, std::shared_ptr<const Fields>>
      held_;
};

// `elements` is the kind that all items are declared to have: floating for a Prometheus vector, unknown for a list
// that came from JSON. Conditions are checked against it before they run.
struct List {
  std::vector<Value> items;
  Kind elements = Kind::unknown;
  std::size_t depth = 1;  // worked out when it becomes a Value
};

// A map with what is known of it.
struct Fields {
  Map entries;
  std::size_t depth = 1;
};

// The type as the reference's messages spell it: "float64", "[]interface {}", "<nil>".
std::string type_name(const Value& value);

// A float in its shortest form without an exponent: "0.95", "NaN", "+Inf". What a measurement shows.
std::string print_decimal(double number);
// Values share their parts, so a small one may print as a very long text: printing ends soon after `limit` bytes, and
// the text is then longer than the limit.
inline constexpr std::size_t print_limit = std::size_t{1} << 20;
// A value as string() writes it: "1e+06", "[1 a]", "map[k:v]", "<nil>".
std::string print_plain(const Value& value, std::size_t limit = print_limit);
// The same for messages, cut to 64 bytes.
std::string print_short(const Value& value);
// Compact JSON, keys sorted, with <, > and & escaped. NaN and infinities, which JSON cannot say, become null.
std::string print_compact(const Value& value, std::size_t limit = print_limit);
// JSON with two spaces of indentation, as toJSON() writes it.
std::string print_indented(const Value& value, std::size_t limit = print_limit);

}  // namespace sluice::analysis::expression
