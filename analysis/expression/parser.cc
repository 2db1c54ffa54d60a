// From text to a tree, by precedence climbing.
#include "analysis/expression/parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include <re2/re2.h>

#include "analysis/expression/builtins.h"
#include "analysis/expression/lexer.h"
#include "analysis/expression/pattern.h"
#include "analysis/expression/problem.h"

namespace sluice::analysis::expression {
namespace {

constexpr std::size_t max_source = 16 * 1024;
constexpr std::size_t max_nodes = 10'000;
constexpr int max_open = 200;
constexpr int max_depth = 1000;

struct BinaryRule {
  std::string_view word;
  Operator op;
  int precedence;
  bool right = false;  // associates to the right
};

constexpr std::array<BinaryRule, 25> binary_rules{{
    {"|", Operator::pipe, 0},
    {"or", Operator::logical_or, 10},
    {"||", Operator::logical_or, 10},
    {"and", Operator::logical_and, 15},
    {"&&", Operator::logical_and, 15},
    {"==", Operator::equal, 20},
    {"!=", Operator::not_equal, 20},
    {"<", Operator::less, 20},
    {">", Operator::greater, 20},
    {"<=", Operator::less_or_equal, 20},
    {">=", Operator::greater_or_equal, 20},
    {"in", Operator::in, 20},
    {"matches", Operator::matches, 20},
    {"contains", Operator::contains, 20},
    {"startsWith", Operator::starts_with, 20},
    {"endsWith", Operator::ends_with, 20},
    {"..", Operator::range, 25},
    {"+", Operator::add, 30},
    {"-", Operator::subtract, 30},
    {"*", Operator::multiply, 60},
    {"/", Operator::divide, 60},
    {"%", Operator::modulo, 60},
    {"**", Operator::power, 100, true},
    {"^", Operator::power, 100, true},
    {"??", Operator::coalesce, 500},
}};

struct UnaryRule {
  std::string_view word;
  Operator op;
  int precedence;
};
constexpr std::array<UnaryRule, 4> unary_rules{{{"not", Operator::logical_not, 50},
                                                {"!", Operator::logical_not, 50},
                                                {"-", Operator::negate, 90},
                                                {"+", Operator::plus, 90}}};

template <class Rules>
auto rule_for(const Rules& rules, const Token& token) -> decltype(&rules[0]) {
  if (token.kind != TokenKind::op) return nullptr;
  for (const auto& rule : rules)
    if (rule.word == token.text) return &rule;
  return nullptr;
}

bool is_ordering(Operator op) { return op >= Operator::less && op <= Operator::greater_or_equal; }
// The operators that may follow `not`, as in "x not in y".
bool may_be_negated(Operator op) { return op >= Operator::in && op <= Operator::ends_with; }

class Parser {
 public:
  explicit Parser(std::string_view source) : tokens_(split_into_tokens(source)) { tree_.source = source; }

  Tree run() {
    tree_.root = parse_sequence(TokenKind::end, "");
    if (token().kind != TokenKind::end) unexpected();
    return std::move(tree_);
  }

 private:
  // Counts the constructs that are open at the same time, so that hostile nesting ends in an error.
  class Level {
   public:
    explicit Level(Parser& parser) : open_(parser.open_) {
      if (++open_ > max_open) stop(parser.token().at, "expression is nested too deeply (limit {})", max_open);
    }
    ~Level() { --open_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    int& open_;
  };

  const Token& token() const { return tokens_[at_]; }
  Token take() { return at_ + 1 < tokens_.size() ? tokens_[at_++] : tokens_[at_]; }
  bool accept_bracket(std::string_view word) { return token().is_bracket(word) && (take(), true); }
  bool accept_operator(std::string_view word) { return token().is_operator(word) && (take(), true); }
  void expect_bracket(std::string_view word) {
    if (!accept_bracket(word)) unexpected();
  }
  void expect_operator(std::string_view word) {
    if (!accept_operator(word)) unexpected();
  }
  [[noreturn]] void unexpected() const { stop(token().at, "unexpected token {}", describe(token())); }

  NodeId add(Node node) {
    int below = 0;
    for (const NodeId child : node.children)
      if (child != no_node) below = std::max<int>(below, tree_[child].depth);
    if (below + 1 > max_depth) stop(node.at, "expression is nested too deeply (limit {})", max_depth);
    node.depth = static_cast<std::uint16_t>(below + 1);
    if (tree_.nodes.size() >= max_nodes) stop(node.at, "compilation failed: expression exceeds maximum allowed nodes");
    tree_.nodes.push_back(std::move(node));
    return static_cast<NodeId>(tree_.nodes.size() - 1);
  }
  NodeId add(NodeKind kind, std::uint32_t at, std::vector<NodeId> children, Value value = {}) {
    return add({.kind = kind, .at = at, .children = std::move(children), .value = std::move(value)});
  }
  NodeId add_operator(NodeKind kind, Operator op, const Token& token, std::vector<NodeId> children) {
    return add({.kind = kind, .op = op, .at = token.at, .children = std::move(children), .spelling = token.text});
  }

  // Expressions parted by ";". The last may be followed by one only at the end of the text.
  NodeId parse_sequence(TokenKind close_kind, std::string_view close) {
    const std::uint32_t at = token().at;
    std::vector<NodeId> parts{parse_expression(0)};
    while (accept_operator(";")) {
      if (close_kind == TokenKind::end && token().kind == TokenKind::end) break;
      if (token().is(close_kind, close)) unexpected();
      parts.push_back(parse_expression(0));
    }
    return parts.size() == 1 ? parts[0] : add(NodeKind::sequence, at, std::move(parts));
  }

  NodeId parse_expression(int precedence) {
    const Level level(*this);
    if (precedence == 0 && token().is_operator("let")) return parse_let();
    if (precedence == 0 && token().is_operator("if")) return parse_if();
    NodeId left = parse_operand();
    bool after_coalesce = false;
    for (;;) {
      const std::size_t before = at_;
      const bool negated = token().is_operator("not");
      const Token negation = token();
      if (negated) take();
      const BinaryRule* rule = rule_for(binary_rules, token());
      if (negated && (!rule || !may_be_negated(rule->op))) unexpected();
      if (!rule || rule->precedence < precedence) {
        at_ = before;
        break;
      }
      const Token op = take();
      if (rule->op == Operator::pipe) {
        left = parse_pipe(left);
        after_coalesce = false;
        continue;
      }
      if (after_coalesce && rule->op != Operator::coalesce)
        stop(op.at, "Operator ({}) and coalesce expressions (?\?) cannot be mixed. Wrap either by parentheses.",
             op.text);
      after_coalesce = rule->op == Operator::coalesce;
      if (is_ordering(rule->op)) {
        left = parse_ordering(left, op, *rule);
        continue;
      }
      const NodeId right = parse_expression(rule->right ? rule->precedence : rule->precedence + 1);
      left = add_operator(NodeKind::binary, rule->op, op, {left, right});
      if (rule->op == Operator::matches) compile_pattern(left, right);
      if (negated) left = add_operator(NodeKind::unary, Operator::logical_not, negation, {left});
    }
    return precedence == 0 ? parse_condition(left) : left;
  }

  // a < b < c means a < b and b < c.
  NodeId parse_ordering(NodeId left, Token op, const BinaryRule& first) {
    std::optional<NodeId> all;
    for (Operator meaning = first.op;;) {
      const NodeId right = parse_expression(first.precedence + 1);
      const NodeId one = add_operator(NodeKind::binary, meaning, op, {left, right});
      all = all ? add({.kind = NodeKind::binary,
                       .op = Operator::logical_and,
                       .at = op.at,
                       .children = {*all, one},
                       .spelling = "&&"})
                : one;
      const BinaryRule* next = rule_for(binary_rules, token());
      if (!next || !is_ordering(next->op)) return *all;
      op = take();
      meaning = next->op;
      left = right;
    }
  }

  void compile_pattern(NodeId node, NodeId right) {
    const Node& literal = tree_[right];
    if (literal.kind != NodeKind::literal || literal.value.kind() != Kind::text) return;
    tree_.nodes[node].pattern = pattern_for(literal.value.text(), literal.at);
  }

  // condition ? then : otherwise, and condition ?: otherwise.
  NodeId parse_condition(NodeId condition) {
    while (token().is_operator("?")) {
      const Level level(*this);
      const std::uint32_t at = take().at;
      NodeId then = condition;
      if (!token().is_operator(":")) then = parse_expression(0);
      expect_operator(":");
      const NodeId otherwise = parse_expression(0);
      condition = add(NodeKind::condition, at, {condition, then, otherwise});
    }
    return condition;
  }

  NodeId parse_let() {
    const std::uint32_t at = take().at;
    if (token().kind != TokenKind::identifier) unexpected();
    const Token name = take();
    expect_operator("=");
    const NodeId value = parse_expression(0);
    expect_operator(";");
    const NodeId body = parse_sequence(TokenKind::end, "");
    return add(NodeKind::let, at, {value, body}, name.text);
  }

  NodeId parse_if() {
    const Level level(*this);
    const std::uint32_t at = take().at;
    const NodeId condition = parse_expression(0);
    const NodeId then = parse_block();
    expect_operator("else");
    const NodeId otherwise = token().is_operator("if") ? parse_if() : parse_block();
    return add(NodeKind::condition, at, {condition, then, otherwise});
  }
  NodeId parse_block() {
    expect_bracket("{");
    const NodeId body = parse_sequence(TokenKind::bracket, "}");
    expect_bracket("}");
    return body;
  }

  NodeId parse_operand() {
    const Token first = token();
    if (const UnaryRule* rule = rule_for(unary_rules, first)) {
      take();
      const NodeId operand = parse_expression(rule->precedence);
      return parse_postfix(add_operator(NodeKind::unary, rule->op, first, {operand}));
    }
    if (accept_bracket("(")) {
      const NodeId inner = parse_sequence(TokenKind::bracket, ")");
      expect_bracket(")");
      return parse_postfix(inner);
    }
    if (first.is_operator("#") || (first.is_operator(".") && predicates_ > 0)) return parse_pointer();
    if (accept_operator("::")) {
      if (token().kind != TokenKind::identifier) unexpected();
      const Token name = take();
      expect_bracket("(");
      return parse_postfix(parse_call(name, {}, true));
    }
    switch (first.kind) {
      case TokenKind::number:
        return add(NodeKind::literal, take().at, {}, number_value(first));
      case TokenKind::text:
        return parse_postfix(add(NodeKind::literal, take().at, {}, first.text));
      case TokenKind::bytes:
        return parse_postfix(add(NodeKind::literal, take().at, {}, bytes_value(first.text)));
      case TokenKind::identifier:
        return parse_name();
      default:
        break;
    }
    if (first.is_bracket("[")) return parse_postfix(parse_list());
    if (first.is_bracket("{")) return parse_postfix(parse_map());
    unexpected();
  }

  NodeId parse_name() {
    const Token name = take();
    if (name.text == "true" || name.text == "false")
      return add(NodeKind::literal, name.at, {}, Value(name.text == "true"));
    if (name.text == "nil") return add(NodeKind::literal, name.at, {});
    if (accept_bracket("(")) return parse_postfix(parse_call(name, {}, false));
    return parse_postfix(add(NodeKind::name, name.at, {}, name.text));
  }

  NodeId parse_pointer() {
    const Token mark = token();
    if (predicates_ == 0) stop(mark.at, "cannot use pointer accessor outside predicate");
    std::string word;
    if (mark.is_operator("#")) {
      take();
      if (token().kind == TokenKind::identifier) word = take().text;
    }
    return parse_postfix(add(NodeKind::pointer, mark.at, {}, std::move(word)));
  }

  NodeId parse_pipe(NodeId left) {
    if (token().kind != TokenKind::identifier) unexpected();
    const Token name = take();
    expect_bracket("(");
    return parse_call(name, {left}, false);
  }

  // The opening parenthesis is taken; `arguments` holds what a pipe passes first.
  NodeId parse_call(const Token& name, std::vector<NodeId> arguments, bool builtin_only) {
    if (builtin_only && !is_builtin(name.text)) stop(name.at, "unknown builtin {}", name.text);
    const Closure* closure = find_closure(name.text);
    const bool takes_predicate = closure != nullptr;
    while (!token().is_bracket(")")) {
      arguments.push_back(takes_predicate && arguments.size() == 1 ? parse_predicate() : parse_expression(0));
      if (!accept_operator(",")) break;
    }
    expect_bracket(")");
    return add({.kind = NodeKind::call,
                .at = name.at,
                .children = std::move(arguments),
                .value = name.text,
                .function = takes_predicate ? nullptr : find_function(name.text),
                .closure = closure});
  }

  NodeId parse_predicate() {
    ++predicates_;
    NodeId body = 0;
    if (accept_bracket("{")) {
      body = parse_sequence(TokenKind::bracket, "}");
      expect_bracket("}");
    } else {
      body = parse_expression(0);
    }
    --predicates_;
    return body;
  }

  NodeId parse_list() {
    const std::uint32_t at = take().at;
    std::vector<NodeId> items;
    while (!token().is_bracket("]")) {
      items.push_back(parse_expression(0));
      if (!accept_operator(",")) break;
    }
    expect_bracket("]");
    return add(NodeKind::list, at, std::move(items));
  }

  NodeId parse_map() {
    const std::uint32_t at = take().at;
    std::vector<NodeId> pairs;
    while (!token().is_bracket("}")) {
      pairs.push_back(parse_key());
      expect_operator(":");
      pairs.push_back(parse_expression(0));
      if (!accept_operator(",")) break;
    }
    expect_bracket("}");
    return add(NodeKind::map, at, std::move(pairs));
  }
  NodeId parse_key() {
    if (token().is_bracket("(")) return parse_expression(0);
    const bool is_word =
        token().kind == TokenKind::number || token().kind == TokenKind::text || token().kind == TokenKind::identifier;
    if (!is_word)
      stop(token().at,
           "a map key must be a quoted string, a number, a identifier, or an expression enclosed in parentheses "
           "(unexpected token {})",
           describe(token()));
    const Token key = take();
    return add(NodeKind::literal, key.at, {}, key.text);
  }

  NodeId parse_postfix(NodeId node) {
    bool has_optional = false;
    for (;;) {
      const Token mark = token();
      const bool optional = mark.is_operator("?.");
      if (!optional && !mark.is_operator(".") && !mark.is_bracket("[")) break;
      has_optional |= optional;
      take();
      if (mark.is_bracket("["))
        node = parse_index(node, mark.at, false);
      else if (optional && accept_bracket("["))
        node = parse_index(node, mark.at, true);
      else
        node = parse_member(node, optional);
    }
    return has_optional ? add(NodeKind::chain, tree_[node].at, {node}) : node;
  }

  NodeId parse_member(NodeId base, bool optional) {
    const Token name = take();
    const bool is_word = name.kind == TokenKind::op && !name.text.empty() && name.text[0] >= 'a' && name.text[0] <= 'z';
    if (name.kind != TokenKind::identifier && !is_word) stop(name.at, "expected name but got {}", describe(name));
    const NodeId property = add(NodeKind::literal, name.at, {}, name.text);
    const NodeId member =
        add({.kind = NodeKind::member, .optional = optional, .at = name.at, .children = {base, property}});
    if (!accept_bracket("(")) return member;
    std::vector<NodeId> parts{member};
    while (!token().is_bracket(")")) {
      parts.push_back(parse_expression(0));
      if (!accept_operator(",")) break;
    }
    expect_bracket(")");
    return add(NodeKind::method_call, name.at, std::move(parts));
  }

  NodeId parse_index(NodeId base, std::uint32_t at, bool optional) {
    NodeId from = no_node;
    if (!token().is_operator(":")) from = parse_expression(0);
    if (accept_operator(":")) {
      NodeId to = no_node;
      if (!token().is_bracket("]")) to = parse_expression(0);
      expect_bracket("]");
      return add(NodeKind::slice, at, {base, from, to});
    }
    expect_bracket("]");
    return add({.kind = NodeKind::member, .optional = optional, .at = at, .children = {base, from}});
  }

  static Value bytes_value(const std::string& text) {
    List bytes;
    bytes.elements = Kind::byte;
    for (const char c : text) bytes.items.emplace_back(Whole{static_cast<unsigned char>(c), Kind::byte});
    return bytes;
  }
  static Value number_value(const Token& token) {
    std::string digits;
    std::copy_if(token.text.begin(), token.text.end(), std::back_inserter(digits), [](char c) { return c != '_'; });
    const bool has_base =
        digits.size() > 2 && digits[0] == '0' && std::string_view("xob").find(digits[1]) != std::string_view::npos;
    if (!has_base && digits.find_first_of(".eE") != std::string::npos) return float_value(digits, token.at);
    const int base = !has_base ? 10 : digits[1] == 'x' ? 16 : digits[1] == 'o' ? 8 : 2;
    const std::string_view body = std::string_view(digits).substr(has_base ? 2 : 0);
    std::int64_t number = 0;
    const auto read = std::from_chars(body.data(), body.data() + body.size(), number, base);
    if (read.ec == std::errc::result_out_of_range)
      stop(token.at, "invalid integer literal: strconv.ParseInt: parsing \"{}\": value out of range", body);
    if (read.ec != std::errc() || read.ptr != body.data() + body.size())
      stop(token.at, "invalid integer literal: strconv.ParseInt: parsing \"{}\": invalid syntax", body);
    return number;
  }
  static Value float_value(const std::string& digits, std::uint32_t at) {
    double number = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (read.ec == std::errc::result_out_of_range)
      stop(at, "invalid float literal: strconv.ParseFloat: parsing \"{}\": value out of range", digits);
    if (read.ec != std::errc() || read.ptr != digits.data() + digits.size())
      stop(at, "invalid float literal: strconv.ParseFloat: parsing \"{}\": invalid syntax", digits);
    return number;
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  Tree tree_;
  int open_ = 0;
  int predicates_ = 0;  // how many predicates are open
};

}  // namespace

Tree parse(std::string_view source) {
  if (source.size() > max_source) stop(0, "expression is too long (limit {} bytes, got {})", max_source, source.size());
  return Parser(source).run();
}

}  // namespace sluice::analysis::expression
