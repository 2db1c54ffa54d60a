// The functions of the language without a predicate: numbers, lists, and those that read a measurement.
#include "analysis/expression/builtins.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "analysis/expression/builtins_map.h"
#include "analysis/expression/builtins_text.h"
#include "analysis/expression/builtins_time.h"
#include "analysis/expression/operators.h"
#include "analysis/expression/unicode.h"

namespace sluice::analysis::expression {
namespace {

using Arguments = std::span<const Value>;
using Types = std::span<const Type>;

[[noreturn]] void refuse(std::string_view name, const Value& value, const Machine& machine) {
  stop(machine.at, "invalid argument for {} (type {})", name, type_name(value));
}

template <Kind kind>
Type gives(Types) {
  return {kind};
}
template <Kind kind>
Type gives_list(Types) {
  return {Kind::list, kind};
}
Type same_as_first(Types types) { return types.empty() ? Type{} : types[0]; }
Type item_of_first(Types types) { return types.empty() ? Type{} : item_of(types[0]); }

Value len(Arguments arguments, Machine& machine) {
  const Value& value = arguments[0];
  switch (value.kind()) {
    case Kind::list:
      return static_cast<std::int64_t>(value.list().items.size());
    case Kind::map:
      return static_cast<std::int64_t>(value.map().size());
    case Kind::dictionary:
      return static_cast<std::int64_t>(value.dictionary().entries.size());
    case Kind::text:
      return static_cast<std::int64_t>(count_code_points(value.text()));
    default:
      refuse("len", value, machine);
  }
}

Value type(Arguments arguments, Machine&) {
  switch (arguments[0].kind()) {
    case Kind::boolean:
      return "bool";
    case Kind::integer:
    case Kind::integer64:
      return "int";
    case Kind::unsigned64:
    case Kind::byte:
      return "uint";
    case Kind::floating:
      return "float";
    case Kind::text:
      return "string";
    case Kind::list:
      return "array";
    case Kind::map:
    case Kind::dictionary:
      return "map";
    case Kind::record:
      return "struct";
    case Kind::time:
      return "time.Time";
    case Kind::duration:
      return "time.Duration";
    case Kind::zone:
      return "time.Location";
    case Kind::month:
      return "time.Month";
    case Kind::weekday:
      return "time.Weekday";
    default:
      return "nil";
  }
}

// A whole number in decimal with an optional sign, as Go's ParseInt reads it.
std::errc read_integer(std::string_view text, std::int64_t& number) {
  const bool has_plus = text.size() > 1 && text[0] == '+' && text[1] != '-';
  const std::string_view digits = has_plus ? text.substr(1) : text;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (read.ec == std::errc() && read.ptr != digits.data() + digits.size()) return std::errc::invalid_argument;
  return read.ec;
}

// As Go's ParseFloat: decimal with an exponent, or inf, infinity and nan in any case.
std::errc read_float(std::string_view text, double& number) {
  const bool has_plus = text.size() > 1 && text[0] == '+' && text[1] != '-';
  const std::string_view digits = has_plus ? text.substr(1) : text;
  const bool has_payload = digits.find('(') != std::string_view::npos;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (has_payload || (read.ec == std::errc() && read.ptr != digits.data() + digits.size()))
    return std::errc::invalid_argument;
  return read.ec;
}

std::string_view reason(std::errc error) {
  return error == std::errc::result_out_of_range ? "value out of range" : "invalid syntax";
}

Value to_int(Arguments arguments, Machine& machine) {
  const Value& value = arguments[0];
  if (value.is_integer() || is_named_number(value.kind())) return value.integer();
  if (value.kind() == Kind::floating) return truncate(value.floating());
  std::int64_t number = 0;
  if (value.kind() == Kind::text && read_integer(value.text(), number) == std::errc()) return number;
  stop(machine.at, "invalid operation: int({})", print_short(value));
}

Value to_float(Arguments arguments, Machine& machine) {
  const Value& value = arguments[0];
  if (value.is_number()) return value.number();
  if (is_named_number(value.kind())) return static_cast<double>(value.integer());
  double number = 0;
  if (value.kind() == Kind::text && read_float(value.text(), number) == std::errc()) return number;
  stop(machine.at, "invalid operation: float({})", print_short(value));
}

Value to_text(Arguments arguments, Machine& machine) {
  std::string text = print_plain(arguments[0], machine.bytes_left());
  machine.reserve_bytes(text.size());
  return text;
}

double number_of(std::string_view name, const Value& value, const Machine& machine) {
  if (!value.is_number()) refuse(name, value, machine);
  return value.number();
}

Value abs(Arguments arguments, Machine& machine) {
  const Value& value = arguments[0];
  if (value.is_integer() && value.kind() != Kind::unsigned64 && value.integer() < 0)
    return Whole{static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(value.integer())), value.kind()};
  if (value.is_integer()) return value;
  return std::abs(number_of("abs", value, machine));
}
Value ceil(Arguments arguments, Machine& machine) { return std::ceil(number_of("ceil", arguments[0], machine)); }
Value floor(Arguments arguments, Machine& machine) { return std::floor(number_of("floor", arguments[0], machine)); }
Value round(Arguments arguments, Machine& machine) { return std::round(number_of("round", arguments[0], machine)); }

// All numbers of the arguments, nested lists included, in their order.
void collect(std::string_view name, Arguments arguments, std::vector<Value>& numbers, Machine& machine) {
  for (const Value& value : arguments) {
    machine.step();
    if (value.kind() == Kind::list)
      collect(name, value.list().items, numbers, machine);
    else if (value.is_number())
      numbers.push_back(value);
    else
      refuse(name, value, machine);
  }
}

// NaN loses against every number after it, and wins when it comes first.
template <class Better>
Value best(std::string_view name, Arguments arguments, Machine& machine, Better better) {
  if (arguments.size() == 1 && arguments[0].kind() != Kind::list && !arguments[0].is_number()) return arguments[0];
  std::vector<Value> numbers;
  collect(name, arguments, numbers, machine);
  if (numbers.empty()) return {};
  Value winner = numbers[0];
  for (const Value& number : numbers)
    if (better(number.number(), winner.number())) winner = number;
  return winner;
}
Value max(Arguments arguments, Machine& machine) { return best("max", arguments, machine, std::greater<>()); }
Value min(Arguments arguments, Machine& machine) { return best("min", arguments, machine, std::less<>()); }

Value mean(Arguments arguments, Machine& machine) {
  std::vector<Value> numbers;
  collect("mean", arguments, numbers, machine);
  if (numbers.empty()) return 0.0;
  double sum = 0;
  for (const Value& number : numbers) sum += number.number();
  return sum / static_cast<double>(numbers.size());
}

Value median(Arguments arguments, Machine& machine) {
  std::vector<Value> found;
  collect("median", arguments, found, machine);
  if (found.empty()) return 0.0;
  std::vector<double> numbers;
  for (const Value& number : found) numbers.push_back(number.number());
  // NaN sorts first, as Go's sort.Float64s does, so that the order is total.
  std::ranges::sort(numbers, [](double a, double b) { return a < b || (std::isnan(a) && !std::isnan(b)); });
  const std::size_t half = numbers.size() / 2;
  return numbers.size() % 2 ? numbers[half] : (numbers[half - 1] + numbers[half]) / 2;
}

const List& list_of(std::string_view name, const Value& value, const Machine& machine) {
  if (value.kind() != Kind::list) refuse(name, value, machine);
  return value.list();
}
Value first(Arguments arguments, Machine&) {
  if (arguments[0].kind() != Kind::list || arguments[0].list().items.empty()) return {};
  return arguments[0].list().items.front();
}
Value last(Arguments arguments, Machine&) {
  if (arguments[0].kind() != Kind::list || arguments[0].list().items.empty()) return {};
  return arguments[0].list().items.back();
}

Value get(Arguments arguments, Machine& machine) {
  const Value& base = arguments[0];
  const Value& key = arguments[1];
  if (base.kind() == Kind::map) return key.kind() == Kind::text ? fetch(base, key, machine) : Value();
  if (base.kind() == Kind::dictionary) {
    const Value* found = base.dictionary().find(key);
    return found ? *found : Value();
  }
  if (base.kind() == Kind::record) {
    const Value* found = key.kind() == Kind::text ? base.record().find(key.text()) : nullptr;
    return found ? *found : Value();
  }
  if (base.kind() != Kind::list || !key.is_integer()) return {};
  const auto size = static_cast<std::int64_t>(base.list().items.size());
  const std::int64_t index = key.integer() < 0 ? key.integer() + size : key.integer();
  return index < 0 || index >= size ? Value() : base.list().items[static_cast<std::size_t>(index)];
}

Value take(Arguments arguments, Machine& machine) {
  const List& list = list_of("take", arguments[0], machine);
  const std::int64_t count = to_int(arguments.subspan(1), machine).integer();
  if (count < 0) stop(machine.at, "cannot take {} elements", count);
  const std::size_t size = std::min(list.items.size(), static_cast<std::size_t>(count));
  machine.reserve_elements(size);
  return List{{list.items.begin(), list.items.begin() + static_cast<std::ptrdiff_t>(size)}, list.elements, list.record};
}

Value concat(Arguments arguments, Machine& machine) {
  List joined;
  for (const Value& value : arguments) {
    const List& list = list_of("concat", value, machine);
    machine.reserve_elements(list.items.size());
    joined.items.insert(joined.items.end(), list.items.begin(), list.items.end());
  }
  return joined;
}

void flatten_into(const List& list, List& flat, Machine& machine) {
  for (const Value& item : list.items) {
    machine.step();
    if (item.kind() == Kind::list) {
      flatten_into(item.list(), flat, machine);
    } else {
      machine.reserve_elements(1);
      flat.items.push_back(item);
    }
  }
}
Value flatten(Arguments arguments, Machine& machine) {
  List flat;
  flatten_into(list_of("flatten", arguments[0], machine), flat, machine);
  return flat;
}

Value uniq(Arguments arguments, Machine& machine) {
  List kept;
  for (const Value& item : list_of("uniq", arguments[0], machine).items) {
    if (std::ranges::any_of(kept.items, [&](const Value& seen) { return is_equal(item, seen, machine); })) continue;
    machine.reserve_elements(1);
    kept.items.push_back(item);
  }
  return kept;
}

Value reverse(Arguments arguments, Machine& machine) {
  List list = list_of("reverse", arguments[0], machine);
  machine.reserve_elements(list.items.size());
  std::ranges::reverse(list.items);
  return list;
}

Value sort(Arguments arguments, Machine& machine) {
  const List& list = list_of("sort", arguments[0], machine);
  machine.reserve_elements(list.items.size());
  const bool down = is_descending(arguments.size() > 1 ? &arguments[1] : nullptr, machine);
  List sorted;
  sorted.elements = list.elements;
  sorted.record = list.record;
  for (const std::size_t index : sorted_order(list.items, down, machine)) sorted.items.push_back(list.items[index]);
  return sorted;
}

std::int64_t integer_of(const Value& value, const Machine& machine) {
  if (!value.is_integer()) stop(machine.at, "interface conversion: interface {{}} is {}, not int", type_name(value));
  return value.integer();
}
std::uint64_t bits_of(const Value& value, const Machine& machine) {
  return static_cast<std::uint64_t>(integer_of(value, machine));
}
Value bits(std::uint64_t number) { return static_cast<std::int64_t>(number); }
Value bit_and(Arguments arguments, Machine& machine) {
  return bits(bits_of(arguments[0], machine) & bits_of(arguments[1], machine));
}
Value bit_or(Arguments arguments, Machine& machine) {
  return bits(bits_of(arguments[0], machine) | bits_of(arguments[1], machine));
}
Value bit_xor(Arguments arguments, Machine& machine) {
  return bits(bits_of(arguments[0], machine) ^ bits_of(arguments[1], machine));
}
Value bit_and_not(Arguments arguments, Machine& machine) {
  return bits(bits_of(arguments[0], machine) & ~bits_of(arguments[1], machine));
}
Value bit_not(Arguments arguments, Machine& machine) { return bits(~bits_of(arguments[0], machine)); }

std::int64_t shift_of(const Value& value, const Machine& machine) {
  const std::int64_t shift = integer_of(value, machine);
  if (shift < 0) stop(machine.at, "invalid operation: negative shift count {} (type int)", shift);
  return shift;
}
Value shift_left(Arguments arguments, Machine& machine) {
  const std::int64_t shift = shift_of(arguments[1], machine);
  return shift > 63 ? Value(0) : bits(bits_of(arguments[0], machine) << shift);
}
Value shift_right(Arguments arguments, Machine& machine) {
  const std::int64_t shift = std::min<std::int64_t>(shift_of(arguments[1], machine), 63);
  return integer_of(arguments[0], machine) >> shift;
}
Value shift_right_unsigned(Arguments arguments, Machine& machine) {
  const std::int64_t shift = shift_of(arguments[1], machine);
  return shift > 63 ? Value(0) : bits(bits_of(arguments[0], machine) >> shift);
}

Value integer64(std::int64_t number) { return Whole{number, Kind::integer64}; }
Value as_int(Arguments arguments, Machine& machine) {
  const Value& value = arguments[0];
  if (value.is_number()) return integer64(to_int(arguments, machine).integer());
  if (value.kind() != Kind::text)
    stop(machine.at, "asInt() not supported on {} {}", type_name(value), print_short(value));
  std::int64_t number = 0;
  const std::errc error = read_integer(value.text(), number);
  if (error != std::errc()) stop(machine.at, "strconv.ParseInt: parsing {}: {}", quoted(value.text()), reason(error));
  return integer64(number);
}

Value as_float(Arguments arguments, Machine& machine) {
  const Value& value = arguments[0];
  if (value.is_number()) return value.number();
  if (value.kind() != Kind::text)
    stop(machine.at, "asFloat() not supported on {} {}", type_name(value), print_short(value));
  double number = 0;
  const std::errc error = read_float(value.text(), number);
  if (error != std::errc()) stop(machine.at, "strconv.ParseFloat: parsing {}: {}", quoted(value.text()), reason(error));
  return number;
}

double float_of(const Value& value, const Machine& machine) {
  if (value.kind() != Kind::floating)
    stop(machine.at, "interface conversion: interface {{}} is {}, not float64",
         value.is_nil() ? std::string("nil") : type_name(value));
  return value.floating();
}
Value is_nan(Arguments arguments, Machine& machine) { return std::isnan(float_of(arguments[0], machine)); }
Value is_inf(Arguments arguments, Machine& machine) { return std::isinf(float_of(arguments[0], machine)); }

// isNil and default look at the whole measurement, whatever they are given; existing templates rely on it.
Value is_nil(Arguments, Machine& machine) { return machine.result.is_nil(); }
Value default_value(Arguments arguments, Machine& machine) {
  return machine.result.is_nil() ? arguments[1] : machine.result;
}

constexpr std::array<Takes, 4> all(Takes takes) { return {takes, takes, takes, takes}; }
constexpr std::array<Takes, 4> takes(Takes a, Takes b = Takes::anything) { return {a, b, b, b}; }
constexpr std::uint8_t any_number = 255;

constexpr Function functions[] = {
    // name, arguments from, to, what they take, what it gives, what it does
    {"len", 1, 1, all(Takes::measurable), gives<Kind::integer>, len},
    {"type", 1, 1, all(Takes::anything), gives<Kind::text>, type},
    {"int", 1, 1, all(Takes::number_or_text), gives<Kind::integer>, to_int},
    {"float", 1, 1, all(Takes::number_or_text), gives<Kind::floating>, to_float},
    {"string", 1, 1, all(Takes::anything), gives<Kind::text>, to_text},
    {"toJSON", 1, 1, all(Takes::anything), gives<Kind::text>, to_json},
    {"fromJSON", 1, 1, all(Takes::text), gives<Kind::unknown>, from_json},
    {"now", 0, 0, all(Takes::anything), gives<Kind::time>, now},
    {"duration", 1, 1, all(Takes::text), gives<Kind::duration>, duration},
    {"date", 1, 3, all(Takes::text), gives<Kind::time>, date},
    {"timezone", 1, 1, all(Takes::text), gives<Kind::zone>, timezone},
    {"toBase64", 1, 1, all(Takes::text), gives<Kind::text>, to_base64},
    {"fromBase64", 1, 1, all(Takes::text), gives<Kind::text>, from_base64},
    {"abs", 1, 1, all(Takes::number), same_as_first, abs},
    {"ceil", 1, 1, all(Takes::number), gives<Kind::floating>, ceil},
    {"floor", 1, 1, all(Takes::number), gives<Kind::floating>, floor},
    {"round", 1, 1, all(Takes::number), gives<Kind::floating>, round},
    {"max", 1, any_number, all(Takes::numbers), gives<Kind::unknown>, max},
    {"min", 1, any_number, all(Takes::numbers), gives<Kind::unknown>, min},
    {"mean", 1, any_number, all(Takes::numbers), gives<Kind::floating>, mean},
    {"median", 1, any_number, all(Takes::numbers), gives<Kind::floating>, median},
    {"first", 1, 1, all(Takes::list), item_of_first, first},
    {"last", 1, 1, all(Takes::list), item_of_first, last},
    {"get", 2, 2, all(Takes::anything), item_of_first, get},
    {"take", 2, 2, takes(Takes::list, Takes::integer), same_as_first, take},
    {"keys", 1, 1, all(Takes::anything), gives_list<Kind::unknown>, keys},
    {"values", 1, 1, all(Takes::anything), gives_list<Kind::unknown>, values},
    {"toPairs", 1, 1, all(Takes::anything), gives_list<Kind::list>, to_pairs},
    {"fromPairs", 1, 1, all(Takes::list), gives<Kind::dictionary>, from_pairs},
    {"concat", 1, any_number, all(Takes::list), gives_list<Kind::unknown>, concat},
    {"flatten", 1, 1, all(Takes::list), gives_list<Kind::unknown>, flatten},
    {"uniq", 1, 1, all(Takes::list), gives_list<Kind::unknown>, uniq},
    {"reverse", 1, 1, all(Takes::list), same_as_first, reverse},
    {"sort", 1, 2, takes(Takes::list, Takes::text), same_as_first, sort},
    {"join", 1, 2, takes(Takes::list, Takes::text), gives<Kind::text>, join},
    {"split", 2, 3, {Takes::text, Takes::text, Takes::integer}, gives_list<Kind::text>, split},
    {"splitAfter", 2, 3, {Takes::text, Takes::text, Takes::integer}, gives_list<Kind::text>, split_after},
    {"replace", 3, 4, {Takes::text, Takes::text, Takes::text, Takes::integer}, gives<Kind::text>, replace},
    {"repeat", 2, 2, takes(Takes::text, Takes::integer), gives<Kind::text>, repeat},
    {"trim", 1, 2, all(Takes::text), gives<Kind::text>, trim},
    {"trimPrefix", 1, 2, all(Takes::text), gives<Kind::text>, trim_prefix},
    {"trimSuffix", 1, 2, all(Takes::text), gives<Kind::text>, trim_suffix},
    {"upper", 1, 1, all(Takes::text), gives<Kind::text>, upper},
    {"lower", 1, 1, all(Takes::text), gives<Kind::text>, lower},
    {"hasPrefix", 2, 2, all(Takes::text), gives<Kind::boolean>, has_prefix},
    {"hasSuffix", 2, 2, all(Takes::text), gives<Kind::boolean>, has_suffix},
    {"indexOf", 2, 2, all(Takes::text), gives<Kind::integer>, index_of},
    {"lastIndexOf", 2, 2, all(Takes::text), gives<Kind::integer>, last_index_of},
    {"bitand", 2, 2, all(Takes::integer), gives<Kind::integer>, bit_and},
    {"bitor", 2, 2, all(Takes::integer), gives<Kind::integer>, bit_or},
    {"bitxor", 2, 2, all(Takes::integer), gives<Kind::integer>, bit_xor},
    {"bitnand", 2, 2, all(Takes::integer), gives<Kind::integer>, bit_and_not},
    {"bitnot", 1, 1, all(Takes::integer), gives<Kind::integer>, bit_not},
    {"bitshl", 2, 2, all(Takes::integer), gives<Kind::integer>, shift_left},
    {"bitshr", 2, 2, all(Takes::integer), gives<Kind::integer>, shift_right},
    {"bitushr", 2, 2, all(Takes::integer), gives<Kind::integer>, shift_right_unsigned},
};

// These stand beside `result` and hide builtins of the same name.
constexpr Function environment[] = {
    {"asInt", 1, 1, all(Takes::anything), gives<Kind::integer64>, as_int},
    {"asFloat", 1, 1, all(Takes::anything), gives<Kind::floating>, as_float},
    {"isNaN", 1, 1, all(Takes::exact_float), gives<Kind::boolean>, is_nan},
    {"isInf", 1, 1, all(Takes::exact_float), gives<Kind::boolean>, is_inf},
    {"isNil", 1, 1, all(Takes::anything), gives<Kind::boolean>, is_nil},
    {"default", 2, 2, all(Takes::anything), gives<Kind::unknown>, default_value},
};

}  // namespace

const Function* find_function(std::string_view name) {
  for (const Function& function : environment)
    if (function.name == name) return &function;
  for (const Function& function : functions)
    if (function.name == name) return &function;
  return nullptr;
}

bool is_environment_name(std::string_view name) {
  return name == "result" || std::ranges::find(environment, name, &Function::name) != std::end(environment);
}

bool is_time_name(std::string_view name) { return name == "isNaN" || name == "isInf"; }

}  // namespace sluice::analysis::expression
