// What can be said about an expression before it runs: names, numbers of arguments, operands that can never fit.
#include "analysis/expression/check.h"

#include <algorithm>
#include <optional>

#include "analysis/expression/builtins.h"
#include "analysis/expression/problem.h"

namespace sluice::analysis::expression {
namespace {

constexpr Type unknown{};
constexpr Type boolean{Kind::boolean};

bool fits_text(Type type) { return type.is(Kind::text); }
bool fits_bool(Type type) { return type.is(Kind::boolean); }
bool is_comparable(Type a, Type b) {
  if (a.is_unknown() || b.is_unknown() || a.kind == Kind::nil || b.kind == Kind::nil) return true;
  return (a.is_number() && b.is_number()) || a.kind == b.kind;
}

class Checker {
 public:
  Checker(const Tree& tree, Type result) : tree_(tree), result_(result), known_(tree.nodes.size()) {}

  // A node is judged once, though a chain of comparisons refers to its middle twice.
  Type of(NodeId id) {
    if (!known_[id]) known_[id] = judge(tree_[id]);
    return *known_[id];
  }

 private:
  struct Variable {
    std::string_view name;
    Type type;
  };
  struct Scope {
    Type item;
    bool knows_index;
    bool knows_accumulated;
  };

  Type judge(const Node& node) {
    switch (node.kind) {
      case NodeKind::literal:
        return type_of(node.value);
      case NodeKind::list:
        return list(node);
      case NodeKind::map:
        return map(node);
      case NodeKind::name:
        return name(node);
      case NodeKind::pointer:
        return pointer(node);
      case NodeKind::unary:
        return unary(node);
      case NodeKind::binary:
        return binary(node);
      case NodeKind::condition:
        return condition(node);
      case NodeKind::member:
        return member(node);
      case NodeKind::slice:
        return slice(node);
      case NodeKind::chain:
        return of(node.children[0]);
      case NodeKind::call:
        return call(node);
      case NodeKind::method_call:
        return method_call(node);
      case NodeKind::let:
        return let(node);
      case NodeKind::sequence:
        break;
    }
    Type last;
    for (const NodeId child : node.children) last = of(child);
    return last;
  }

  Type list(const Node& node) {
    std::optional<Kind> shared;
    bool mixed = false;
    for (const NodeId child : node.children) {
      const Kind kind = of(child).kind;
      if (!shared) shared = kind;
      mixed |= *shared != kind;
    }
    const bool is_typed = shared && !mixed && *shared != Kind::nil;
    return {Kind::list, is_typed ? *shared : Kind::unknown};
  }

  Type map(const Node& node) {
    for (const NodeId child : node.children) of(child);
    return {Kind::map};
  }

  Type name(const Node& node) {
    const std::string& word = node.value.text();
    for (auto at = variables_.rbegin(); at != variables_.rend(); ++at)
      if (at->name == word) return at->type;
    if (word == "result") return result_;
    if (word == "$env") return {Kind::environment};
    if (is_environment_name(word) || is_builtin(word))
      stop(node.at, "{} is a function: call it as {}(...)", word, word);
    stop(node.at, "unknown name {}", word);
  }

  Type pointer(const Node& node) {
    const std::string& word = node.value.text();
    const Scope* scope = scopes_.empty() ? nullptr : &scopes_.back();
    if (scope && word.empty()) return scope->item;
    if (scope && word == "index" && scope->knows_index) return {Kind::integer};
    if (scope && word == "acc" && scope->knows_accumulated) return unknown;
    stop(node.at, "unknown pointer #{}", word);
  }

  Type unary(const Node& node) {
    const Type operand = of(node.children[0]);
    if (node.op == Operator::logical_not) {
      if (fits_bool(operand)) return boolean;
    } else if (operand.is_number()) {
      return operand;
    }
    stop(node.at, "invalid operation: {} (mismatched type {})", node.spelling, name_of(operand));
  }

  [[noreturn]] void mismatch(const Node& node, Type left, Type right) const {
    stop(node.at, "invalid operation: {} (mismatched types {} and {})", node.spelling, name_of(left), name_of(right));
  }

  bool is_zero_division(const Node& node) const {
    const auto whole = [&](NodeId id) {
      return tree_[id].kind == NodeKind::literal && tree_[id].value.kind() == Kind::integer;
    };
    return whole(node.children[0]) && whole(node.children[1]) && tree_[node.children[1]].value.integer() == 0;
  }

  Type binary(const Node& node) {
    const Type left = of(node.children[0]);
    const Type right = of(node.children[1]);
    const bool numbers = left.is_number() && right.is_number();
    const bool texts = fits_text(left) && fits_text(right);
    switch (node.op) {
      case Operator::logical_or:
      case Operator::logical_and:
        if (fits_bool(left) && fits_bool(right)) return boolean;
        break;
      case Operator::equal:
      case Operator::not_equal:
        if (is_comparable(left, right)) return boolean;
        break;
      case Operator::less:
      case Operator::greater:
      case Operator::less_or_equal:
      case Operator::greater_or_equal:
        if (numbers || texts) return boolean;
        break;
      case Operator::in:
        return membership(node, left, right);
      case Operator::matches:
      case Operator::contains:
      case Operator::starts_with:
      case Operator::ends_with:
        if (texts) return boolean;
        break;
      case Operator::range:
        if (left.is_integer() && right.is_integer()) return {Kind::list, Kind::integer};
        break;
      case Operator::modulo:
        if (!left.is_integer() || !right.is_integer()) break;
        if (is_zero_division(node)) stop(node.at, "integer divide by zero");
        return {Kind::integer};
      case Operator::add:
        if (texts && !(left.is_unknown() && right.is_unknown())) return {Kind::text};
        [[fallthrough]];
      case Operator::subtract:
      case Operator::multiply:
        if (numbers) return sum(left, right);
        break;
      case Operator::divide:
      case Operator::power:
        if (numbers) return {Kind::floating};
        break;
      default:  // ??
        if (left.kind == Kind::nil) return right;
        return left == right || right.kind == Kind::nil ? left : unknown;
    }
    mismatch(node, left, right);
  }

  static Type sum(Type left, Type right) {
    if (left.is_unknown() || right.is_unknown()) return unknown;
    if (left.kind == Kind::floating || right.kind == Kind::floating) return {Kind::floating};
    return {Kind::integer};
  }

  Type membership(const Node& node, Type left, Type right) const {
    switch (right.kind) {
      case Kind::unknown:
      case Kind::nil:
        return boolean;
      case Kind::map:
      case Kind::environment:
        if (left.kind == Kind::nil || fits_text(left)) return boolean;
        stop(node.at, "cannot use {} as type string in map key", name_of(left));
      case Kind::list:
        if (is_comparable(left, {right.element})) return boolean;
        stop(node.at, "cannot use {} as type {} in array", name_of(left), name_of({right.element}));
      default:
        mismatch(node, left, right);
    }
  }

  Type condition(const Node& node) {
    const Type asked = of(node.children[0]);
    if (!fits_bool(asked)) stop(node.at, "non-bool expression (type {}) used as condition", name_of(asked));
    const Type then = of(node.children[1]);
    const Type otherwise = of(node.children[2]);
    if (then.kind == Kind::nil) return otherwise;
    return otherwise.kind == Kind::nil || then == otherwise ? then : unknown;
  }

  const Value* literal(NodeId id) const { return tree_[id].kind == NodeKind::literal ? &tree_[id].value : nullptr; }

  Type member(const Node& node) {
    const Type base = of(node.children[0]);
    const Type property = of(node.children[1]);
    const Value* word = literal(node.children[1]);
    const bool named = word && word->kind() == Kind::text;
    switch (base.kind) {
      case Kind::unknown:
        return unknown;
      case Kind::environment:
        if (!named || node.optional) return named && word->text() == "result" ? result_ : unknown;
        if (word->text() == "result") return result_;
        stop(node.at, "unknown name {}", word->text());
      case Kind::map:
        if (fits_text(property)) return unknown;
        stop(node.at, "cannot use {} to get an element from {}", name_of(property), name_of(base));
      case Kind::list:
        if (property.is_integer()) return {base.element};
        stop(node.at, "array elements can only be selected using an integer (got {})", name_of(property));
      default:
        break;
    }
    if (named) stop(node.at, "type {} has no field {}", base.kind == Kind::nil ? "nil" : name_of(base), word->text());
    stop(node.at, "type {}[{}] is undefined", name_of(base), name_of(property));
  }

  Type slice(const Node& node) {
    const Type base = of(node.children[0]);
    if (!base.is(Kind::list) && !base.is(Kind::text)) stop(node.at, "cannot slice {}", name_of(base));
    for (const NodeId bound : {node.children[1], node.children[2]}) {
      if (bound == no_node) continue;
      const Type type = of(bound);
      if (!type.is_integer()) stop(node.at, "non-integer slice index {}", name_of(type));
    }
    return base;
  }

  Type call(const Node& node) {
    const std::string& name = node.value.text();
    if (const Closure* closure = find_closure(name)) return call_closure(node, *closure);
    for (const Variable& variable : variables_)
      if (variable.name == name) stop(node.at, "{} is not callable", name_of(variable.type));
    if (name == "result") stop(node.at, "{} is not callable", name_of(result_));
    const Function* function = find_function(name);
    if (!function) stop(node.at, "unknown name {}", name);
    count_arguments(node, function->least, function->most);
    std::vector<Type> types;
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      types.push_back(of(node.children[i]));
      check_argument(*function, i, types.back(), node.children[i]);
    }
    return function->gives(types);
  }

  void count_arguments(const Node& node, std::size_t least, std::size_t most) const {
    if (node.children.size() < least) stop(node.at, "not enough arguments to call {}", node.value.text());
    if (node.children.size() > most && most != 255) stop(node.at, "too many arguments to call {}", node.value.text());
  }

  void check_argument(const Function& function, std::size_t place, Type type, NodeId id) const {
    const std::uint32_t at = tree_[id].at;
    const auto cannot_use = [&](std::string_view wanted) {
      stop(at, "cannot use {} as argument (type {}) to call {} ", name_of(type), wanted, function.name);
    };
    const auto invalid = [&] {
      const std::string name = type.kind == Kind::nil ? "%!s(<nil>)" : name_of(type);
      stop(at, "invalid argument for {} (type {})", function.name, name);
    };
    switch (function.takes[std::min<std::size_t>(place, 3)]) {
      case Takes::anything:
        return;
      case Takes::measurable:
        if (!type.is(Kind::list) && !type.is(Kind::map) && !fits_text(type)) invalid();
        return;
      case Takes::numbers:
        if (!type.is(Kind::list) && !type.is_number()) invalid();
        return;
      case Takes::number:
        if (!type.is_number()) invalid();
        return;
      case Takes::number_or_text:
        if (!type.is_number() && !fits_text(type)) invalid();
        return;
      case Takes::list:
        if (!type.is(Kind::list)) invalid();
        return;
      case Takes::text:
        if (!fits_text(type)) cannot_use("string");
        return;
      case Takes::integer:
        if (!type.is_integer()) cannot_use("int");
        return;
      case Takes::exact_float:
        if (!type.is(Kind::floating) && !(type.kind == Kind::integer && literal(id))) cannot_use("float64");
    }
  }

  Type call_closure(const Node& node, const Closure& closure) {
    count_arguments(node, closure.predicate_required ? 2 : 1, closure.takes_extra ? 3 : 2);
    const Type list = of(node.children[0]);
    if (!list.is(Kind::list)) stop(node.at, "builtin {} takes only array (got {})", closure.name, name_of(list));
    Type predicate;
    if (node.children.size() > 1) {
      scopes_.push_back({{list.element}, closure.knows_index, closure.knows_accumulated});
      predicate = of(node.children[1]);
      scopes_.pop_back();
      if (closure.predicate == Predicate::truth && !fits_bool(predicate))
        stop(tree_[node.children[1]].at, "predicate should return boolean (got {})", name_of(predicate));
    }
    if (node.children.size() > 2) of(node.children[2]);
    return closure.gives(list, predicate);
  }

  Type method_call(const Node& node) {
    const Type callee = of(node.children[0]);
    for (std::size_t i = 1; i < node.children.size(); ++i) of(node.children[i]);
    if (!callee.is_unknown()) stop(node.at, "{} is not callable", name_of(callee));
    return unknown;
  }

  Type let(const Node& node) {
    const std::string& name = node.value.text();
    if (is_environment_name(name) || name == "$env") stop(node.at, "cannot redeclare {}", name);
    if (is_builtin(name) || is_missing_builtin(name)) stop(node.at, "cannot redeclare builtin {}", name);
    if (std::ranges::find(variables_, name, &Variable::name) != variables_.end())
      stop(node.at, "cannot redeclare variable {}", name);
    const Type value = of(node.children[0]);
    variables_.push_back({name, value});
    const Type body = of(node.children[1]);
    variables_.pop_back();
    return body;
  }

  const Tree& tree_;
  Type result_;
  std::vector<std::optional<Type>> known_;
  std::vector<Variable> variables_;
  std::vector<Scope> scopes_;
};

}  // namespace

Type check(const Tree& tree, Type result) { return Checker(tree, result).of(tree.root); }

}  // namespace sluice::analysis::expression
