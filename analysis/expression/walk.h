// The way through a tree that checking and running have in common: which words a node is told by, and the names that
// `let` has made on the way.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "analysis/expression/syntax.h"

namespace sluice::analysis::expression {

// `Walker` derives from this, answers of(NodeId), and has one method for each kind of node. `Found` is what it finds
// out about a node: a type or a value.
template <class Walker, class Found>
class Walk {
 protected:
  explicit Walk(const Tree& tree) : tree_(tree) {}

  const Node& node(NodeId id) const { return tree_[id]; }

  Found walk(const Node& node) {
    Walker& self = static_cast<Walker&>(*this);
    switch (node.kind) {
      case NodeKind::literal:
        return self.literal(node);
      case NodeKind::list:
        return self.list(node);
      case NodeKind::map:
        return self.map(node);
      case NodeKind::name:
        return self.name(node);
      case NodeKind::pointer:
        return self.pointer(node);
      case NodeKind::unary:
        return self.unary(node);
      case NodeKind::binary:
        return self.binary(node);
      case NodeKind::condition:
        return self.condition(node);
      case NodeKind::member:
        return self.member(node);
      case NodeKind::slice:
        return self.slice(node);
      case NodeKind::chain:
        return self.chain(node);
      case NodeKind::call:
        return node.closure ? self.call_closure(node, *node.closure) : self.call(node);
      case NodeKind::method_call:
        return self.method_call(node);
      case NodeKind::let:
        return self.let(node);
      case NodeKind::sequence:
        break;
    }
    Found last;
    for (const NodeId child : node.children) last = self.of(child);
    return last;
  }

  // What a `let` around this place has given a name; nullptr when none has.
  const Found* variable(std::string_view name) const {
    for (auto at = variables_.rbegin(); at != variables_.rend(); ++at)
      if (at->first == name) return &at->second;
    return nullptr;
  }
  // The body of a `let`, in which its name means what its value came to.
  Found within(const Node& let, Found value) {
    variables_.emplace_back(let.value.text(), std::move(value));
    Found body = static_cast<Walker&>(*this).of(let.children[1]);
    variables_.pop_back();
    return body;
  }
  // A text that the author wrote at this place; nullptr when it is something else.
  const std::string* written_text(NodeId id) const {
    const Node& found = node(id);
    return found.kind == NodeKind::literal && found.value.kind() == Kind::text ? &found.value.text() : nullptr;
  }

 private:
  const Tree& tree_;
  std::vector<std::pair<std::string_view, Found>> variables_;
};

}  // namespace sluice::analysis::expression
