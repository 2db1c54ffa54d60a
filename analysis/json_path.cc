// Finds what a JSONPath template leads to.
#include "analysis/json_path.h"

#include <deque>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "analysis/json_path_tree.h"

namespace sluice::analysis {
namespace {

namespace json = boost::json;
using kube::Error;
using kube::Fault;
using kube::Result;

using Places = std::vector<const json::value*>;
constexpr std::size_t most_visits = 10'000;

// Thrown inside this file only.
struct Problem {
  Error error;
};
[[noreturn]] void fail(Fault fault, std::string what) { throw Problem{{fault, std::move(what)}}; }

// An order or equality of two plain values; numbers of every kind compare with each other.
bool compares(JsonPathComparison comparison, const json::value& left, const json::value& right) {
  const auto by = [comparison](const auto& a, const auto& b) {
    switch (comparison) {
      case JsonPathComparison::equal:
        return a == b;
      case JsonPathComparison::not_equal:
        return a != b;
      case JsonPathComparison::less:
        return a < b;
      case JsonPathComparison::less_or_equal:
        return a <= b;
      case JsonPathComparison::greater:
        return a > b;
      case JsonPathComparison::greater_or_equal:
        return a >= b;
      default:
        return false;
    }
  };
  if (left.is_number() && right.is_number()) return by(left.to_number<double>(), right.to_number<double>());
  if (left.is_string() && right.is_string())
    return by(std::string_view(left.get_string()), std::string_view(right.get_string()));
  const bool plain_equality = comparison == JsonPathComparison::equal || comparison == JsonPathComparison::not_equal;
  if (left.is_bool() && right.is_bool() && plain_equality) return by(left.get_bool(), right.get_bool());
  if (plain_equality && (left.is_null() || right.is_null())) return by(left.is_null(), right.is_null());
  fail(Fault::invalid, "incompatible types for comparison");
}

class Walker {
 public:
  std::vector<Places> all(const std::vector<JsonPathPiece>& pieces, const json::value& root) {
    std::vector<Places> found;
    for (const JsonPathPiece& piece : pieces) {
      if (piece.text) {
        literals_.emplace_back(*piece.text);
        found.push_back({&literals_.back()});
        visit(1);
        continue;
      }
      Places hits = walk(piece.path, {&root});
      if (!piece.is_range) {
        found.push_back(std::move(hits));
        continue;
      }
      for (const json::value* hit : hits)
        for (Places& inner : all(piece.body, *hit)) found.push_back(std::move(inner));
    }
    return found;
  }

 private:
  void visit(std::size_t count) {
    visits_ += count;
    if (visits_ > most_visits) fail(Fault::invalid, fmt::format("jsonPath: too many nodes (limit {})", most_visits));
  }

  Places walk(const JsonPathSteps& steps, Places places) {
    for (const JsonPathStep& step : steps) {
      visit(places.size() + 1);
      places = std::visit([&](const auto& what) { return take(what, places); }, step.what);
    }
    return places;
  }

  Places take(const JsonPathMember& member, const Places& from) {
    Places to;
    for (const json::value* value : from)
      if (value->is_object())
        if (const json::value* found = value->get_object().if_contains(member.name)) to.push_back(found);
    if (to.empty()) fail(Fault::not_found, member.name.substr(0, 64) + " is not found");
    return to;
  }

  Places take(const JsonPathSlice& slice, const Places& from) {
    Places to;
    for (const json::value* value : from) {
      if (value->is_null()) continue;
      if (!value->is_array()) fail(Fault::invalid, "an index is used on what is not an array");
      const json::array& items = value->get_array();
      const auto length = static_cast<std::int64_t>(items.size());
      const auto from_end = [&](std::int64_t index) { return index < 0 ? index + length : index; };
      const std::int64_t begin = from_end(slice.begin.value_or(0));
      const std::int64_t end = slice.is_index ? begin + 1 : slice.end ? from_end(*slice.end) : length;
      if (begin == end) continue;
      if (begin < 0 || begin >= length) out_of_bounds(begin, length);
      if (end < 0 || end > length) out_of_bounds(end - 1, length);
      if (begin > end)
        fail(Fault::invalid, fmt::format("starting index {} is greater than ending index {}", begin, end));
      for (std::int64_t at = begin; at < end; at += slice.step) to.push_back(&items[static_cast<std::size_t>(at)]);
      visit(static_cast<std::size_t>(end - begin));
    }
    return to;
  }
  [[noreturn]] static void out_of_bounds(std::int64_t index, std::int64_t length) {
    fail(Fault::invalid, fmt::format("array index out of bounds: index {}, length {}", index, length));
  }

  Places children(const json::value& value) {
    Places to;
    if (value.is_array())
      for (const json::value& item : value.get_array()) to.push_back(&item);
    if (value.is_object())
      for (const auto& member : value.get_object()) to.push_back(&member.value());
    visit(to.size());
    return to;
  }

  Places take(const JsonPathWildcard&, const Places& from) {
    Places to;
    for (const json::value* value : from)
      for (const json::value* child : children(*value)) to.push_back(child);
    return to;
  }

  // Every value that has something inside, from the outside in.
  Places take(const JsonPathDescent& descent, const Places& from) {
    Places to;
    for (const json::value* value : from) {
      const Places inside = children(*value);
      if (inside.empty()) continue;
      to.push_back(value);
      for (const json::value* deeper : take(descent, inside)) to.push_back(deeper);
    }
    return to;
  }

  Places take(const JsonPathUnion& all, const Places& from) {
    Places to;
    for (const JsonPathSteps& branch : all.branches)
      for (const json::value* found : walk(branch, from)) to.push_back(found);
    return to;
  }

  Places take(const std::shared_ptr<const JsonPathFilter>& filter, const Places& from) {
    Places to;
    for (const json::value* value : from) {
      if (value->is_null()) continue;
      if (!value->is_array()) fail(Fault::invalid, "what is not an array cannot be filtered");
      for (const json::value& item : value->get_array())
        if (passes(*filter, item)) to.push_back(&item);
    }
    return to;
  }

  bool passes(const JsonPathFilter& filter, const json::value& item) {
    visit(1);
    if (filter.comparison == JsonPathComparison::exists) return exists(filter.left, item);
    const json::value* left = operand(filter.left, item);
    if (!left) return false;
    if (filter.comparison == JsonPathComparison::matches)
      return left->is_string() &&
             re2::RE2::PartialMatch(re2::StringPiece(left->get_string().data(), left->get_string().size()),
                                    *filter.pattern);
    const json::value* right = operand(filter.right, item);
    return right && compares(filter.comparison, *left, *right);
  }

  bool exists(const JsonPathOperand& operand, const json::value& item) {
    try {
      return !walk(operand.path, {&item}).empty();
    } catch (const Problem& problem) {
      if (problem.error.fault != Fault::not_found) throw;
      return false;
    }
  }

  // The one value of an operand; null when its path hits nothing.
  const json::value* operand(const JsonPathOperand& operand, const json::value& item) {
    if (const auto* text = std::get_if<std::string>(&operand.literal)) return keep(json::value(*text));
    if (const auto* number = std::get_if<double>(&operand.literal)) return keep(json::value(*number));
    if (const auto* truth = std::get_if<bool>(&operand.literal)) return keep(json::value(*truth));
    const Places found = walk(operand.path, {&item});
    if (found.size() > 1) fail(Fault::invalid, "can only compare one element at a time");
    return found.empty() ? nullptr : found.front();
  }
  const json::value* keep(json::value value) {
    literals_.push_back(std::move(value));
    return &literals_.back();
  }

  std::deque<json::value> literals_;
  std::size_t visits_ = 0;
};

}  // namespace

Result<std::optional<json::value>> find_first(const JsonPath& path, const json::value& root) {
  try {
    Walker walker;
    const std::vector<Places> found = walker.all(path.tree().pieces, root);
    if (found.empty() || found.front().empty()) return std::optional<json::value>();
    return std::optional<json::value>(*found.front().front());
  } catch (const Problem& problem) {
    return problem.error;
  }
}

}  // namespace sluice::analysis
