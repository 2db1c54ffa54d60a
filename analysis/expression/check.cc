// What can be said about an expression before it runs: names, numbers of arguments, operands that can never fit.
#include "analysis/expression/check.h"

#include <algorithm>
#include <optional>

#include "analysis/expression/builtins.h"
#include "analysis/expression/methods.h"
#include "analysis/expression/problem.h"
#include "analysis/expression/walk.h"

namespace sluice::analysis::expression {
namespace {

constexpr Type unknown{};
constexpr Type boolean{Kind::boolean};

bool fits_text(Type type) { return type.is(Kind::text); }
bool fits_bool(Type type) { return type.is(Kind::boolean); }
// Both are of the kinds, as far as is known.
bool are(Type a, Kind first, Type b, Kind second) { return a.is(first) && b.is(second); }
bool is_comparable(Type a, Type b) {
  if (a.is_unknown() || b.is_unknown() || a.kind == Kind::nil || b.kind == Kind::nil) return true;
  return (a.is_number() && b.is_number()) || a.kind == b.kind;
}

class Checker : public Walk<Checker, Type> {
 public:
  Checker(const Tree& tree, Type result, Names names)
      : Walk(tree), result_(result), names_(names), known_(tree.nodes.size()) {}

  // A node is judged once, though a chain of comparisons refers to its middle twice.
  Type of(NodeId id) {
    if (!known_[id]) known_[id] = walk(node(id));
    return *known_[id];
  }

 private:
  friend Walk<Checker, Type>;
  struct Scope {
    Type item;
    bool knows_index;
    bool knows_accumulated;
  };

  bool is_known(std::string_view word) const {
    return names_ == Names::measurement ? is_environment_name(word) : is_time_name(word);
  }

  Type literal(const Node& node) { return type_of(node.value); }
  Type chain(const Node& node) { return of(node.children[0]); }

  Type list(const Node& node) {
    std::optional<Type> shared;
    bool mixed = false;
    for (const NodeId child : node.children) {
      const Type type = of(child);
      if (!shared) shared = type;
      mixed |= shared->kind != type.kind || shared->record != type.record;
    }
    return shared && !mixed ? list_of(*shared) : Type{Kind::list};
  }

  Type map(const Node& node) {
    for (const NodeId child : node.children) of(child);
    return {Kind::map};
  }

  Type name(const Node& node) {
    const std::string& word = node.value.text();
    if (const Type* type = variable(word)) return *type;
    if (word == "result" && names_ == Names::measurement) return result_;
    if (word == "$env") return {Kind::environment};
    if (word != "result" && (is_known(word) || is_builtin(word)))
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
      return this->node(id).kind == NodeKind::literal && this->node(id).value.kind() == Kind::integer;
    };
    return whole(node.children[0]) && whole(node.children[1]) && this->node(node.children[1]).value.integer() == 0;
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
        if (numbers || texts || are(left, Kind::time, right, Kind::time) ||
            are(left, Kind::duration, right, Kind::duration))
          return boolean;
        break;
      case Operator::in:
        return membership(node, left, right);
      case Operator::matches:
        if (left.is_bytes() && fits_text(right)) return boolean;
        [[fallthrough]];
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
        if (left.is_unknown() && right.is_unknown()) return unknown;
        if (texts) return {Kind::text};
        if (are(left, Kind::duration, right, Kind::duration)) return is_known_pair(left, right, {Kind::duration});
        if (are(left, Kind::time, right, Kind::duration) || are(left, Kind::duration, right, Kind::time))
          return {Kind::time};
        if (numbers) return sum(left, right);
        break;
      case Operator::subtract:
        if (left.is_unknown() && right.is_unknown()) return unknown;
        if (are(left, Kind::duration, right, Kind::duration)) return is_known_pair(left, right, {Kind::duration});
        if (are(left, Kind::time, right, Kind::time)) return is_known_pair(left, right, {Kind::duration});
        if (are(left, Kind::time, right, Kind::duration)) return {Kind::time};
        if (numbers) return sum(left, right);
        break;
      case Operator::multiply:
        if (numbers) return sum(left, right);
        if (are(left, Kind::duration, right, Kind::duration)) return is_known_pair(left, right, {Kind::duration});
        if ((left.is_number() && right.kind == Kind::duration) || (left.kind == Kind::duration && right.is_number()))
          return is_known_pair(left, right, {Kind::duration});
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

  // What comes out when both are known; with one unknown it could be something else.
  static Type is_known_pair(Type left, Type right, Type known) {
    return left.is_unknown() || right.is_unknown() ? unknown : known;
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
      case Kind::dictionary:
        return boolean;
      case Kind::record:
        if (fits_text(left)) return boolean;
        mismatch(node, left, right);
      case Kind::list:
        if (is_comparable(left, item_of(right))) return boolean;
        stop(node.at, "cannot use {} as type {} in array", name_of(left), name_of(item_of(right)));
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

  Type member(const Node& node) {
    const Type base = of(node.children[0]);
    const Type property = of(node.children[1]);
    const std::string* word = written_text(node.children[1]);
    switch (base.kind) {
      case Kind::unknown:
      case Kind::dictionary:
        return unknown;
      case Kind::environment:
        if (word && *word == "result" && names_ == Names::measurement) return result_;
        if (!word || node.optional) return unknown;
        stop(node.at, "unknown name {}", *word);
      case Kind::map:
        if (fits_text(property)) return unknown;
        stop(node.at, "cannot use {} to get an element from {}", name_of(property), name_of(base));
      case Kind::list:
        if (property.is_integer()) return item_of(base);
        stop(node.at, "array elements can only be selected using an integer (got {})", name_of(property));
      case Kind::record:
        if (word) return field(node, base, *word);
        if (fits_text(property)) return unknown;
        break;
      default:
        break;
    }
    if (word && find_method(base.kind, *word)) stop(node.at, "{} is a method: call it as {}(...)", *word, *word);
    if (word) stop(node.at, "type {} has no field {}", base.kind == Kind::nil ? "nil" : name_of(base), *word);
    stop(node.at, "type {}[{}] is undefined", name_of(base), name_of(property));
  }
  static Type field(const Node& node, Type base, const std::string& word) {
    const auto found = std::ranges::find(base.record->fields, word, &Field::name);
    if (found == base.record->fields.end()) stop(node.at, "type {} has no field {}", name_of(base), word);
    return {found->kind, found->element};
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
    if (const Type* type = variable(name)) stop(node.at, "{} is not callable", name_of(*type));
    if (name == "result" && names_ == Names::measurement) stop(node.at, "{} is not callable", name_of(result_));
    if (!node.function || (is_environment_name(name) && !is_known(name))) stop(node.at, "unknown name {}", name);
    const Function& function = *node.function;
    count_arguments(node, function.least, function.most);
    std::vector<Type> types;
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      types.push_back(of(node.children[i]));
      check_argument(function, i, types.back(), node.children[i]);
    }
    return function.gives(types);
  }

  void count_arguments(const Node& node, std::size_t least, std::size_t most) const {
    if (node.children.size() < least) stop(node.at, "not enough arguments to call {}", node.value.text());
    if (node.children.size() > most && most != 255) stop(node.at, "too many arguments to call {}", node.value.text());
  }

  void check_argument(const Function& function, std::size_t place, Type type, NodeId id) const {
    const std::uint32_t at = node(id).at;
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
        if (!type.is(Kind::list) && !type.is(Kind::map) && type.kind != Kind::dictionary && !fits_text(type)) invalid();
        return;
      case Takes::numbers:
        if (!type.is(Kind::list) && !type.is_number()) invalid();
        return;
      case Takes::number:
        if (!type.is_number()) invalid();
        return;
      case Takes::number_or_text:
        if (!type.is_number() && !fits_text(type) && !is_named_number(type.kind)) invalid();
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
        if (!type.is(Kind::floating) && !(type.kind == Kind::integer && node(id).kind == NodeKind::literal))
          cannot_use("float64");
    }
  }

  Type call_closure(const Node& node, const Closure& closure) {
    count_arguments(node, closure.predicate_required ? 2 : 1, closure.takes_extra ? 3 : 2);
    const Type list = of(node.children[0]);
    if (!list.is(Kind::list)) stop(node.at, "builtin {} takes only array (got {})", closure.name, name_of(list));
    Type predicate;
    if (node.children.size() > 1) {
      scopes_.push_back({item_of(list), closure.knows_index, closure.knows_accumulated});
      predicate = of(node.children[1]);
      scopes_.pop_back();
      if (closure.predicate == Predicate::truth && !fits_bool(predicate))
        stop(this->node(node.children[1]).at, "predicate should return boolean (got {})", name_of(predicate));
    }
    if (node.children.size() > 2) of(node.children[2]);
    return closure.gives(list, predicate);
  }

  Type method_call(const Node& node) {
    const Node& callee = this->node(node.children[0]);
    const Type base = of(callee.children[0]);
    if (has_methods(base.kind)) return call_method(node, base, *written_text(callee.children[1]));
    const Type called = of(node.children[0]);
    for (std::size_t i = 1; i < node.children.size(); ++i) of(node.children[i]);
    if (!called.is_unknown()) stop(node.at, "{} is not callable", name_of(called));
    return unknown;
  }
  Type call_method(const Node& node, Type base, const std::string& name) {
    const Method* method = find_method(base.kind, name);
    if (!method) stop(node.at, "type {} has no field {}", name_of(base), name);
    const std::size_t given = node.children.size() - 1;
    if (given != method->arguments)
      stop(node.at, "{} arguments to call {}", given < method->arguments ? "not enough" : "too many", name);
    for (std::size_t i = 1; i < node.children.size(); ++i) {
      const Type type = of(node.children[i]);
      if (!type.is(method->takes) && !(method->takes == Kind::integer && type.is_integer()))
        stop(this->node(node.children[i]).at, "cannot use {} as argument (type {}) to call {} ", name_of(type),
             name_of(method->takes), name);
    }
    return {method->gives};
  }

  Type let(const Node& node) {
    const std::string& name = node.value.text();
    if (is_known(name) || name == "$env") stop(node.at, "cannot redeclare {}", name);
    if (is_builtin(name)) stop(node.at, "cannot redeclare builtin {}", name);
    if (variable(name)) stop(node.at, "cannot redeclare variable {}", name);
    return within(node, of(node.children[0]));
  }

  Type result_;
  Names names_;
  std::vector<std::optional<Type>> known_;
  std::vector<Scope> scopes_;
};

}  // namespace

Type check(const Tree& tree, Type result, Names names) { return Checker(tree, result, names).of(tree.root); }

}  // namespace sluice::analysis::expression
