// What the operators do to values whose types are only known now.
#include "analysis/expression/operators.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <re2/re2.h>

#include "analysis/expression/moment.h"
#include "analysis/expression/pattern.h"
#include "analysis/expression/zone.h"

namespace sluice::analysis::expression {
namespace {

// Whole numbers wrap around, as Go's do.
std::int64_t wrap(std::uint64_t number) { return static_cast<std::int64_t>(number); }
std::uint64_t bits(const Value& value) { return static_cast<std::uint64_t>(value.integer()); }
Value duration_of(std::uint64_t nanoseconds) { return Whole{wrap(nanoseconds), Kind::duration}; }

bool both_integers(const Value& left, const Value& right) { return left.is_integer() && right.is_integer(); }
bool are(const Value& left, Kind first, const Value& right, Kind second) {
  return left.kind() == first && right.kind() == second;
}
bool both_numbers(const Value& left, const Value& right) { return left.is_number() && right.is_number(); }

[[noreturn]] void mismatch(const Value& left, std::string_view sign, const Value& right, const Machine& machine) {
  stop(machine.at, "invalid operation: {} {} {}", type_name(left), sign, type_name(right));
}

bool is_identical(const Value& left, const Value& right, Machine& machine) {
  machine.step();
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case Kind::list:
      return std::ranges::equal(left.list().items, right.list().items,
                                [&](const Value& a, const Value& b) { return is_identical(a, b, machine); });
    case Kind::map:
      return std::ranges::equal(left.map(), right.map(), [&](const auto& a, const auto& b) {
        return a.first == b.first && is_identical(a.second, b.second, machine);
      });
    case Kind::dictionary:
      return left.dictionary().entries.size() == right.dictionary().entries.size() &&
             std::ranges::all_of(left.dictionary().entries, [&](const auto& entry) {
               const Value* other = right.dictionary().find(entry.first);
               return other && is_identical(entry.second, *other, machine);
             });
    case Kind::record:
      return left.record().type == right.record().type &&
             std::ranges::equal(left.record().values, right.record().values,
                                [&](const Value& a, const Value& b) { return is_identical(a, b, machine); });
    default:
      return is_equal(left, right, machine);
  }
}

Value subtract(const Node& node, const Value& left, const Value& right, const Machine& machine) {
  if (both_integers(left, right)) return wrap(bits(left) - bits(right));
  if (are(left, Kind::duration, right, Kind::duration)) return duration_of(bits(left) - bits(right));
  if (are(left, Kind::time, right, Kind::time)) return Whole{subtract(left.moment(), right.moment()), Kind::duration};
  if (are(left, Kind::time, right, Kind::duration)) return add(left.moment(), wrap(0 - bits(right)));
  if (!both_numbers(left, right)) mismatch(left, node.spelling, right, machine);
  return left.number() - right.number();
}
Value multiply(const Node& node, const Value& left, const Value& right, const Machine& machine) {
  if (both_integers(left, right)) return wrap(bits(left) * bits(right));
  const bool left_is_length = left.kind() == Kind::duration;
  const bool right_is_length = right.kind() == Kind::duration;
  if ((left_is_length && (right_is_length || right.is_integer())) || (right_is_length && left.is_integer()))
    return duration_of(bits(left) * bits(right));
  // The reference gives a plain number of nanoseconds here.
  if (left_is_length && right.is_number()) return static_cast<double>(left.integer()) * right.number();
  if (right_is_length && left.is_number()) return left.number() * static_cast<double>(right.integer());
  if (!both_numbers(left, right)) mismatch(left, node.spelling, right, machine);
  return left.number() * right.number();
}
Value modulo(const Node& node, const Value& left, const Value& right, const Machine& machine) {
  if (!both_integers(left, right)) mismatch(left, node.spelling, right, machine);
  if (right.integer() == 0) stop(machine.at, "runtime error: integer divide by zero");
  if (right.integer() == -1) return 0;  // the one division that would overflow
  return left.integer() % right.integer();
}
Value real(const Node& node, const Value& left, const Value& right, const Machine& machine) {
  if (!both_numbers(left, right)) mismatch(left, node.spelling, right, machine);
  return node.op == Operator::power ? std::pow(left.number(), right.number()) : left.number() / right.number();
}

Value range(const Value& left, const Value& right, Machine& machine) {
  if (!both_numbers(left, right)) mismatch(left, "..", right, machine);
  const std::int64_t from = left.is_integer() ? left.integer() : truncate(left.number());
  const std::int64_t to = right.is_integer() ? right.integer() : truncate(right.number());
  List list;
  list.elements = Kind::integer;
  if (to < from) return list;
  const std::uint64_t last = static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);  // size - 1
  machine.reserve_elements(static_cast<std::size_t>(std::min<std::uint64_t>(last, 1u << 30)) + 1);
  list.items.reserve(static_cast<std::size_t>(last) + 1);
  for (std::uint64_t i = 0; i <= last; ++i) list.items.emplace_back(wrap(static_cast<std::uint64_t>(from) + i));
  return list;
}

bool is_in(const Value& left, const Value& right, Machine& machine) {
  switch (right.kind()) {
    case Kind::nil:
      return false;
    case Kind::list:
      return std::ranges::any_of(right.list().items, [&](const Value& item) { return is_equal(left, item, machine); });
    case Kind::map:
      if (left.is_nil()) return right.map().contains("");
      if (left.kind() != Kind::text)
        stop(machine.at, "reflect.Value.MapIndex: value of type {} is not assignable to type string", type_name(left));
      return right.map().contains(left.text());
    case Kind::dictionary:
      return right.dictionary().find(left) != nullptr;
    case Kind::record:
      return left.kind() == Kind::text && right.record().find(left.text()) != nullptr;
    default:
      stop(machine.at, "operator \"in\" not defined on {}", type_name(right));
  }
}

bool text_relation(const Node& node, const Value& left, const Value& right, Machine& machine) {
  if (left.is_nil() || right.is_nil()) return false;
  const bool is_bytes = node.op == Operator::matches && left.kind() == Kind::list && left.list().elements == Kind::byte;
  if ((left.kind() != Kind::text && !is_bytes) || right.kind() != Kind::text) {
    const Value& odd = left.kind() != Kind::text && !is_bytes ? left : right;
    stop(machine.at, "interface conversion: interface {{}} is {}, not string", type_name(odd));
  }
  const std::string bytes = is_bytes ? bytes_of(left) : std::string();
  const std::string& text = is_bytes ? bytes : left.text();
  const std::string& part = right.text();
  machine.step(1 + text.size() / 64);
  switch (node.op) {
    case Operator::contains:
      return text.find(part) != std::string::npos;
    case Operator::starts_with:
      return text.starts_with(part);
    case Operator::ends_with:
      return text.ends_with(part);
    default:
      break;
  }
  constexpr std::size_t limit = std::size_t{1} << 20;
  if (text.size() > limit) stop(machine.at, "text too long to match (limit {} bytes, got {})", limit, text.size());
  machine.step(text.size());
  if (node.pattern) return re2::RE2::PartialMatch(text, *node.pattern);
  machine.step(part.size() * 16);  // compiling costs more than matching
  return re2::RE2::PartialMatch(text, *pattern_for(part, machine.at));
}

bool is_ordered(Operator op, int order) {
  if (order == 2) return false;
  switch (op) {
    case Operator::less:
      return order < 0;
    case Operator::greater:
      return order > 0;
    case Operator::less_or_equal:
      return order <= 0;
    default:
      return order >= 0;
  }
}

// The place in a list or text that an index means; negative ones count from the end.
std::int64_t index_of(const Value& value, std::int64_t size, const Machine& machine) {
  if (!value.is_number()) stop(machine.at, "invalid operation: int({})", print_short(value));
  const std::int64_t index = value.is_integer() ? value.integer() : truncate(value.number());
  return index < 0 ? index + size : index;
}

std::int64_t clamped(const Value& value, std::int64_t size, const Machine& machine) {
  return std::clamp<std::int64_t>(index_of(value, size, machine), 0, size);
}

}  // namespace

std::int64_t truncate(double number) {
  constexpr double limit = 9223372036854775808.0;
  if (!(number >= -limit && number < limit)) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(number);
}

bool truth(const Value& value, Machine& machine) {
  if (value.kind() != Kind::boolean)
    stop(machine.at, "interface conversion: interface {{}} is {}, not bool",
         value.is_nil() ? std::string("nil") : type_name(value));
  return value.boolean();
}

bool is_equal(const Value& left, const Value& right, Machine& machine) {
  machine.step();
  if (both_integers(left, right)) return left.integer() == right.integer();
  if (both_numbers(left, right)) return left.number() == right.number();
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case Kind::nil:
      return true;
    case Kind::boolean:
      return left.boolean() == right.boolean();
    case Kind::text:
      return left.text() == right.text();
    case Kind::duration:
    case Kind::month:
    case Kind::weekday:
      return left.integer() == right.integer();
    case Kind::time:
      return compare(left.moment(), right.moment()) == 0;
    case Kind::zone:
      return left.zone()->name() == right.zone()->name();
    case Kind::list:
      return std::ranges::equal(left.list().items, right.list().items,
                                [&](const Value& a, const Value& b) { return is_equal(a, b, machine); });
    default:
      return is_identical(left, right, machine);
  }
}

int compare(const Value& left, const Value& right, std::string_view sign, Machine& machine) {
  machine.step();
  const auto order = [](const auto& a, const auto& b) { return a < b ? -1 : a > b ? 1 : a == b ? 0 : 2; };
  if (both_integers(left, right)) return order(left.integer(), right.integer());
  if (both_numbers(left, right)) return order(left.number(), right.number());
  if (are(left, Kind::text, right, Kind::text)) return order(left.text(), right.text());
  if (are(left, Kind::time, right, Kind::time)) return compare(left.moment(), right.moment());
  if (are(left, Kind::duration, right, Kind::duration)) return order(left.integer(), right.integer());
  mismatch(left, sign, right, machine);
}

std::vector<std::size_t> sorted_order(std::span<const Value> keys, bool descending, Machine& machine) {
  std::vector<std::size_t> order(keys.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    const Value& left = keys[descending ? b : a];
    const Value& right = keys[descending ? a : b];
    int found = compare(left, right, "<", machine);
    if (found == 2) found = static_cast<int>(std::isnan(right.number())) - static_cast<int>(std::isnan(left.number()));
    return found == 0 ? a < b : found < 0;
  });
  return order;
}

Value add(const Value& left, const Value& right, Machine& machine) {
  if (both_integers(left, right)) return wrap(bits(left) + bits(right));
  if (both_numbers(left, right)) return left.number() + right.number();
  if (are(left, Kind::duration, right, Kind::duration)) return duration_of(bits(left) + bits(right));
  if (are(left, Kind::time, right, Kind::duration)) return add(left.moment(), right.integer());
  if (are(left, Kind::duration, right, Kind::time)) return add(right.moment(), left.integer());
  if (left.kind() != Kind::text || right.kind() != Kind::text) mismatch(left, "+", right, machine);
  machine.reserve_bytes(left.text().size() + right.text().size());
  return left.text() + right.text();
}

Value apply(const Node& node, const Value& left, const Value& right, Machine& machine) {
  switch (node.op) {
    case Operator::equal:
      return is_equal(left, right, machine);
    case Operator::not_equal:
      return !is_equal(left, right, machine);
    case Operator::less:
    case Operator::greater:
    case Operator::less_or_equal:
    case Operator::greater_or_equal:
      return is_ordered(node.op, compare(left, right, node.spelling, machine));
    case Operator::in:
      return is_in(left, right, machine);
    case Operator::matches:
    case Operator::contains:
    case Operator::starts_with:
    case Operator::ends_with:
      return text_relation(node, left, right, machine);
    case Operator::range:
      return range(left, right, machine);
    case Operator::add:
      return add(left, right, machine);
    case Operator::subtract:
      return subtract(node, left, right, machine);
    case Operator::multiply:
      return multiply(node, left, right, machine);
    case Operator::modulo:
      return modulo(node, left, right, machine);
    default:
      return real(node, left, right, machine);
  }
}

Value apply(const Node& node, const Value& operand, Machine& machine) {
  if (node.op == Operator::logical_not) return !truth(operand, machine);
  if (!operand.is_number()) stop(machine.at, "invalid operation: {} {}", node.spelling, type_name(operand));
  if (node.op == Operator::plus) return operand;
  if (operand.is_integer()) return Whole{wrap(0 - bits(operand)), operand.kind()};
  return -operand.floating();
}

Value fetch(const Value& base, const Value& property, Machine& machine) {
  const auto refuse = [&] { stop(machine.at, "cannot fetch {} from {}", print_short(property), type_name(base)); };
  switch (base.kind()) {
    case Kind::map: {
      if (property.kind() != Kind::text) refuse();
      const auto found = base.map().find(property.text());
      return found == base.map().end() ? Value() : found->second;
    }
    case Kind::dictionary: {
      const Value* found = base.dictionary().find(property);
      if (found) return *found;
      if (property.depth() > 0) stop(machine.at, "runtime error: hash of unhashable type {}", type_name(property));
      return {};
    }
    case Kind::record: {
      const Value* found = property.kind() == Kind::text ? base.record().find(property.text()) : nullptr;
      if (!found) refuse();
      return *found;
    }
    case Kind::list:
    case Kind::text: {
      if (!property.is_number()) refuse();
      const bool is_list = base.kind() == Kind::list;
      const auto size = static_cast<std::int64_t>(is_list ? base.list().items.size() : base.text().size());
      const std::int64_t index = index_of(property, size, machine);
      if (index < 0 || index >= size) stop(machine.at, "index out of range: {} (array length is {})", index, size);
      const auto place = static_cast<std::size_t>(index);
      if (is_list) return base.list().items[place];
      return Whole{static_cast<unsigned char>(base.text()[place]), Kind::byte};
    }
    default:
      refuse();
  }
  return {};
}

Value slice(const Value& base, const Value* from, const Value* to, Machine& machine) {
  if (base.kind() != Kind::list && base.kind() != Kind::text) stop(machine.at, "cannot slice {}", print_short(base));
  const bool is_list = base.kind() == Kind::list;
  const auto size = static_cast<std::int64_t>(is_list ? base.list().items.size() : base.text().size());
  const std::int64_t end = to ? clamped(*to, size, machine) : size;
  const std::int64_t begin = std::min(from ? clamped(*from, size, machine) : 0, end);
  if (!is_list) {
    machine.reserve_bytes(static_cast<std::size_t>(end - begin));
    return base.text().substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
  }
  machine.reserve_elements(static_cast<std::size_t>(end - begin));
  const List& list = base.list();
  return List{{list.items.begin() + begin, list.items.begin() + end}, list.elements, list.record};
}

}  // namespace sluice::analysis::expression
