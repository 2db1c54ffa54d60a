// Reading and matching label selectors of requests.
#include "sandbox/label_query.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace sluice::sandbox {
namespace {

// Words and the signs between them.
std::vector<std::string> tokens_of(std::string_view text) {
  constexpr std::string_view signs = "=!<>(),";
  std::vector<std::string> tokens;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == ' ' || c == '\t') {
      ++at;
    } else if (signs.find(c) != std::string_view::npos) {
      const bool two = at + 1 < text.size() && text[at + 1] == '=' && (c == '=' || c == '!');
      tokens.emplace_back(text.substr(at, two ? 2 : 1));
      at += two ? 2 : 1;
    } else {
      const std::size_t end = std::min(text.find_first_of("=!<>(), \t", at), text.size());
      tokens.emplace_back(text.substr(at, end - at));
      at = end;
    }
  }
  return tokens;
}

bool is_word(std::string_view token) {
  return !token.empty() && std::string_view("=!<>(),").find(token[0]) == std::string_view::npos;
}

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

kube::Error unexpected(std::string_view found, std::string_view expected) {
  return {kube::Fault::invalid, fmt::format("unable to parse requirement: found '{}', expected: {}", found, expected)};
}

}  // namespace

kube::Result<LabelQuery> LabelQuery::parse(std::string_view text) {
  LabelQuery query;
  const std::vector<std::string> tokens = tokens_of(text);
  std::size_t at = 0;
  const auto next = [&]() -> std::string_view { return at < tokens.size() ? std::string_view(tokens[at]) : ""; };
  while (at < tokens.size()) {
    Part part;
    const bool negated = next() == "!";
    if (negated) ++at;
    if (!is_word(next())) return unexpected(next(), "identifier");
    part.key = next();
    ++at;
    const std::string_view sign = next();
    if (sign.empty() || sign == ",") {
      part.op = negated ? Operator::absent : Operator::exists;
    } else if (sign == "=" || sign == "==" || sign == "!=" || sign == ">" || sign == "<") {
      part.op = sign == "!="  ? Operator::not_in
                : sign == ">" ? Operator::greater
                : sign == "<" ? Operator::less
                              : Operator::in;
      ++at;
      if (is_word(next())) {
        part.values.emplace_back(next());
        ++at;
      } else if (next().empty() || next() == ",") {
        part.values.emplace_back();
      } else {
        return unexpected(next(), "identifier");
      }
    } else if (sign == "in" || sign == "notin") {
      part.op = sign == "in" ? Operator::in : Operator::not_in;
      ++at;
      if (next() != "(") return unexpected(next(), "'('");
      do {
        ++at;
        part.values.emplace_back(is_word(next()) ? next() : "");
        if (is_word(next())) ++at;
      } while (next() == ",");
      if (next() != ")") return unexpected(next(), "',' or ')'");
      ++at;
    } else {
      return unexpected(sign, "in, notin, =, ==, !=, gt, lt");
    }
    query.parts_.push_back(std::move(part));
    if (at == tokens.size()) break;
    if (next() != ",") return unexpected(next(), "',' or 'end of string'");
    ++at;
    if (at == tokens.size()) return unexpected("", "identifier after ','");
  }
  return query;
}

bool LabelQuery::matches(const json::object* labels) const {
  for (const Part& part : parts_) {
    const json::value* found = labels ? labels->if_contains(part.key) : nullptr;
    const std::string_view value = found && found->is_string() ? std::string_view(found->get_string()) : "";
    const bool listed = found && std::find(part.values.begin(), part.values.end(), value) != part.values.end();
    const auto compared = [&](auto holds) {
      const auto have = number_in(value);
      const auto bound = number_in(part.values.front());
      return found && have && bound && holds(*have, *bound);
    };
    bool holds = false;
    switch (part.op) {
      case Operator::in:
        holds = listed;
        break;
      case Operator::not_in:
        holds = !listed;
        break;
      case Operator::exists:
        holds = found != nullptr;
        break;
      case Operator::absent:
        holds = found == nullptr;
        break;
      case Operator::greater:
        holds = compared([](auto a, auto b) { return a > b; });
        break;
      case Operator::less:
        holds = compared([](auto a, auto b) { return a < b; });
        break;
    }
    if (!holds) return false;
  }
  return true;
}

}  // namespace sluice::sandbox
