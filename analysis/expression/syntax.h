// The tree of a parsed expression, kept flat: nodes refer to each other by their place in one list.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "analysis/expression/value.h"

namespace re2 {
class RE2;
}

namespace sluice::analysis::expression {

struct Function;
struct Closure;

using NodeId = std::uint32_t;
inline constexpr NodeId no_node = ~NodeId{0};

enum class NodeKind : std::uint8_t {
  literal,      // `value`
  list,         // children: the items
  map,          // children: key, value, key, value, ...
  name,         // `value` is the text of the identifier
  pointer,      // #, or #index and #acc with the word in `value`
  unary,        // children: operand
  binary,       // children: left, right
  condition,    // children: condition, then, otherwise
  member,       // children: base, property; `optional` for ?.
  slice,        // children: base, from or no_node, to or no_node
  chain,        // children: the chain in which ?. may stop early
  call,         // `value` is the name; children: arguments
  method_call,  // children: the member, arguments
  let,          // `value` is the name; children: value, body
  sequence      // children: the expressions; the value is the last one's
};

enum class Operator : std::uint8_t {
  none,
  logical_or,
  logical_and,
  equal,
  not_equal,
  less,
  greater,
  less_or_equal,
  greater_or_equal,
  in,
  matches,
  contains,
  starts_with,
  ends_with,
  range,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  power,
  coalesce,
  pipe,
  logical_not,
  negate,
  plus
};

struct Node {
  NodeKind kind = NodeKind::literal;
  Operator op = Operator::none;
  bool optional = false;
  std::uint16_t depth = 1;  // of the tree below, this node included
  std::uint32_t at = 0;     // byte of the source
  std::vector<NodeId> children;
  Value value;
  std::string spelling;                     // of the operator, as the author wrote it
  std::shared_ptr<const re2::RE2> pattern;  // of `matches` with a literal on its right
  const Function* function = nullptr;       // of a call; null when there is none of this name
  const Closure* closure = nullptr;         // of a call with a predicate
};

struct Tree {
  std::string source;
  std::vector<Node> nodes;  // every node stands after its children
  NodeId root = 0;

  const Node& operator[](NodeId id) const { return nodes[id]; }
};

}  // namespace sluice::analysis::expression
