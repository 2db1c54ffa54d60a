// A JSONPath template as it was read: its pieces and the steps of their paths.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <re2/re2.h>

namespace sluice::analysis {

struct JsonPathStep;
using JsonPathSteps = std::vector<JsonPathStep>;

// One side of a comparison in a filter: a path from the item, or a literal.
struct JsonPathOperand {
  JsonPathSteps path;
  std::variant<std::monostate, std::string, double, bool> literal;  // monostate: the path counts
};

enum class JsonPathComparison { exists, equal, not_equal, less, less_or_equal, greater, greater_or_equal, matches };

struct JsonPathFilter {
  JsonPathOperand left;
  JsonPathComparison comparison = JsonPathComparison::exists;
  JsonPathOperand right;
  std::shared_ptr<const re2::RE2> pattern;  // of matches
};

// [begin:end:step]; a single index has `is_index`.
struct JsonPathSlice {
  std::optional<std::int64_t> begin;
  std::optional<std::int64_t> end;
  std::int64_t step = 1;
  bool is_index = false;
};

struct JsonPathMember {
  std::string name;
};
struct JsonPathWildcard {};
struct JsonPathDescent {};
struct JsonPathUnion {
  std::vector<JsonPathSteps> branches;
};

struct JsonPathStep {
  std::variant<JsonPathMember, JsonPathSlice, JsonPathWildcard, JsonPathDescent, JsonPathUnion,
               std::shared_ptr<const JsonPathFilter>>
      what;
};

// Text, a path, or a range with what is done for each of its hits.
struct JsonPathPiece {
  std::optional<std::string> text;
  JsonPathSteps path;
  bool is_range = false;
  std::vector<JsonPathPiece> body;
};

struct JsonPathTree {
  std::vector<JsonPathPiece> pieces;
};

}  // namespace sluice::analysis
