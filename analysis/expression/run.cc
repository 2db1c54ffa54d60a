// Walks a tree with a value for `result`.
#include "analysis/expression/run.h"

#include <algorithm>

#include "analysis/expression/builtins.h"
#include "analysis/expression/machine.h"
#include "analysis/expression/methods.h"
#include "analysis/expression/operators.h"
#include "analysis/expression/walk.h"

namespace sluice::analysis::expression {
namespace {

class Walker : public Walk<Walker, Value> {
 public:
  Walker(const Tree& tree, const Value& result, kube::Time now) : Walk(tree), machine_(result, now) {}

  Value of(NodeId id) {
    const Node& node = this->node(id);
    machine_.at = node.at;
    machine_.step();
    return walk(node);
  }

 private:
  friend Walk<Walker, Value>;
  class Items;
  struct Scope {
    const Value* item;
    std::size_t index;
    const Value* accumulated;
  };

  static const Value& literal(const Node& node) { return node.value; }
  Value condition(const Node& node) { return of(node.children[is_true(node.children[0]) ? 1 : 2]); }

  bool is_true(NodeId id) {
    const Value value = of(id);
    machine_.at = node(id).at;
    return truth(value, machine_);
  }
  // True when the node is this very word, which the reference folds away before it runs.
  bool is_literal(NodeId id, bool truth) const {
    const Node& found = node(id);
    return found.kind == NodeKind::literal && found.value.kind() == Kind::boolean && found.value.boolean() == truth;
  }

  Value list(const Node& node) {
    machine_.reserve_elements(node.children.size());
    List made;
    made.items.reserve(node.children.size());
    for (const NodeId child : node.children) made.items.push_back(of(child));
    return machine_.nested(std::move(made));
  }

  Value map(const Node& node) {
    machine_.reserve_elements(node.children.size() / 2);
    Map made;
    for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
      const Value key = of(node.children[i]);
      made.insert_or_assign(key.kind() == Kind::text ? key.text() : print_short(key), of(node.children[i + 1]));
    }
    return machine_.nested(std::move(made));
  }

  Value name(const Node& node) const {
    const std::string& word = node.value.text();
    if (const Value* value = variable(word)) return *value;
    return word == "$env" ? environment() : machine_.result;
  }
  Value environment() const {
    Map names{{"result", machine_.result}};
    for (const char* function : {"asInt", "asFloat", "isNaN", "isInf", "isNil", "default"})
      names.emplace(function, Value());
    return names;
  }

  Value pointer(const Node& node) const {
    const Scope& scope = scopes_.back();
    const std::string& word = node.value.text();
    if (word == "index") return static_cast<std::int64_t>(scope.index);
    if (word == "acc") return *scope.accumulated;
    return *scope.item;
  }

  Value unary(const Node& node) {
    const Value operand = of(node.children[0]);
    machine_.at = node.at;
    return apply(node, operand, machine_);
  }

  Value binary(const Node& node) {
    const NodeId left = node.children[0];
    const NodeId right = node.children[1];
    switch (node.op) {
      case Operator::logical_and:
        return logical(left, right, true);
      case Operator::logical_or:
        return logical(left, right, false);
      case Operator::coalesce: {
        const Value value = of(left);
        return value.is_nil() ? of(right) : value;
      }
      default:
        break;
    }
    const Value a = of(left);
    const Value b = of(right);
    machine_.at = node.at;
    if (node.op == Operator::in && a.is_nil() && is_list_of_words(right)) return is_equal_to_any(Value(""), b);
    if (node.op == Operator::in && a.kind() != Kind::text && is_list_of_words(right))
      stop(node.at, "reflect.Value.MapIndex: value of type {} is not assignable to type string", type_name(a));
    return apply(node, a, b, machine_);
  }

  // `and` (neutral: true) and `or` (neutral: false). A literal beside the operand decides or vanishes before anything
  // runs, so that the other side is then not looked at, not even whether it is a bool.
  Value logical(NodeId left, NodeId right, bool neutral) {
    if (is_literal(left, neutral)) return of(right);
    if (is_literal(right, neutral)) return of(left);
    if (is_literal(left, !neutral) || is_literal(right, !neutral)) return !neutral;
    if (is_true(left) != neutral) return !neutral;
    return is_true(right);
  }

  // A list of text literals is a set of keys to the reference: nil looks up "", other kinds are an error.
  bool is_list_of_words(NodeId id) const {
    const Node& list = node(id);
    return list.kind == NodeKind::list && !list.children.empty() &&
           std::ranges::all_of(list.children, [&](NodeId child) { return written_text(child) != nullptr; });
  }
  Value is_equal_to_any(const Value& wanted, const Value& list) {
    return std::ranges::any_of(list.list().items, [&](const Value& item) { return is_equal(wanted, item, machine_); });
  }

  Value member(const Node& node) {
    const Value base = of(node.children[0]);
    if (broken_) return {};
    if (node.optional && base.is_nil()) {
      broken_ = true;
      return {};
    }
    const Value property = nested(node.children[1]);
    machine_.at = node.at;
    if (is_end_of_nothing(node, base, property)) stop(node.at, "reflect: slice index out of range");
    return fetch(base, property, machine_);
  }

  // The reference turns filter(...)[0] and [-1] into a search, which has words of its own for no hit.
  bool is_end_of_nothing(const Node& member, const Value& base, const Value& property) const {
    const Closure* closure = node(member.children[0]).closure;
    return closure && closure->name == "filter" && base.list().items.empty() && property.is_integer() &&
           (property.integer() == 0 || property.integer() == -1);
  }

  Value slice(const Node& node) {
    const Value base = of(node.children[0]);
    if (broken_) return {};
    Value bounds[2];
    const Value* given[2] = {nullptr, nullptr};
    for (std::size_t i = 0; i < 2; ++i) {
      if (node.children[i + 1] == no_node) continue;
      bounds[i] = nested(node.children[i + 1]);
      given[i] = &bounds[i];
    }
    machine_.at = node.at;
    return expression::slice(base, given[0], given[1], machine_);
  }

  // `?.` on nil ends the chain that it stands in, and only that one.
  Value chain(const Node& node) { return nested(node.children[0]); }
  Value nested(NodeId id) {
    const bool outer = std::exchange(broken_, false);
    Value value = of(id);
    broken_ = outer;
    return value;
  }

  Value call(const Node& node) {
    const Function& function = *node.function;
    std::vector<Value> arguments;
    arguments.reserve(node.children.size());
    for (const NodeId child : node.children) arguments.push_back(nested(child));
    const bool promotes = function.takes[0] == Takes::exact_float && arguments[0].kind() == Kind::integer &&
                          this->node(node.children[0]).kind == NodeKind::literal;
    if (promotes) arguments[0] = arguments[0].number();
    machine_.at = node.at;
    return function.run(arguments, machine_);
  }
  Value call_closure(const Node& node, const Closure& closure);

  Value method_call(const Node& node) {
    const Node& callee = this->node(node.children[0]);
    const Value base = of(callee.children[0]);
    if (broken_) return {};
    if (callee.optional && base.is_nil()) {
      broken_ = true;
      return {};
    }
    const Value& word = this->node(callee.children[1]).value;
    machine_.at = node.at;
    if (const Method* method = find_method(base.kind(), word.text())) return call_method(node, base, *method);
    const Value called = fetch(base, word, machine_);
    stop(node.at, "invalid operation: cannot call {}", called.is_nil() ? std::string("nil") : type_name(called));
  }
  Value call_method(const Node& node, const Value& base, const Method& method) {
    std::vector<Value> arguments;
    for (std::size_t i = 1; i < node.children.size(); ++i) arguments.push_back(nested(node.children[i]));
    machine_.at = node.at;
    if (arguments.size() != method.arguments)
      stop(node.at, "reflect: Call with too {} input arguments", arguments.size() < method.arguments ? "few" : "many");
    for (const Value& argument : arguments)
      if (argument.kind() != method.takes && !(method.takes == Kind::integer && argument.is_integer()))
        stop(node.at, "reflect: Call using {} as type {}", type_name(argument), name_of(method.takes));
    return method.run(base, arguments, machine_);
  }

  Value let(const Node& node) { return within(node, of(node.children[0])); }

  Machine machine_;
  std::vector<Scope> scopes_;
  bool broken_ = false;  // a `?.` has met nil, and its chain is being left
};

// One list and the predicate that is asked about its items.
class Walker::Items final : public Loop {
 public:
  Items(Walker& walker, const Value& list, NodeId predicate, const Value* extra)
      : walker_(walker), list_(list), predicate_(predicate), extra_(extra) {}

  std::span<const Value> items() const override { return list_.list().items; }
  const List& list() const override { return list_.list(); }
  bool has_predicate() const override { return predicate_ != no_node; }
  const Value* extra() const override { return extra_; }
  Machine& machine() override { return walker_.machine_; }
  Value ask(std::size_t index, const Value* accumulated) override {
    walker_.scopes_.push_back({&list_.list().items[index], index, accumulated});
    Value answer = walker_.nested(predicate_);
    walker_.scopes_.pop_back();
    return answer;
  }

 private:
  Walker& walker_;
  const Value& list_;
  NodeId predicate_;
  const Value* extra_;
};

Value Walker::call_closure(const Node& node, const Closure& closure) {
  const Value list = nested(node.children[0]);
  Value extra;
  if (node.children.size() > 2) extra = nested(node.children[2]);
  machine_.at = node.at;
  if (list.kind() != Kind::list)
    stop(node.at, "reflect: call of reflect.Value.Len on {} Value",
         list.is_nil() ? std::string("zero") : type_name(list));
  const NodeId predicate = node.children.size() > 1 ? node.children[1] : no_node;
  Items items(*this, list, predicate, node.children.size() > 2 ? &extra : nullptr);
  Value answer = closure.run(items);
  machine_.at = node.at;
  return answer;
}

}  // namespace

Value run(const Tree& tree, const Value& result, kube::Time now) { return Walker(tree, result, now).of(tree.root); }

}  // namespace sluice::analysis::expression
