// The language of success and failure conditions: read once, evaluated against each measurement.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "analysis/expression/problem.h"
#include "analysis/expression/value.h"
#include "kube/result.h"
#include "kube/time.h"

namespace sluice::analysis::expression {

[[noreturn]] void throw_exception_from_error(const Problem& problem, const boost::source_location& where);

template <class T>
using Answer = boost::system::result<T, Problem>;

struct Tree;

// A parsed expression, cheap to copy.
class Expression {
 public:
  explicit Expression(std::shared_ptr<const Tree> tree) : tree_(std::move(tree)) {}
  const Tree& tree() const { return *tree_; }
  const std::string& source() const;

 private:
  std::shared_ptr<const Tree> tree_;
};

// Reads an expression. Names and types are looked at when it meets a value.
Answer<Expression> read(std::string_view source);

// A message with the expression below it and a caret under the column, for people who try an expression out.
std::string with_caret(const Problem& problem, std::string_view source);

// Reads an expression and refuses also what could work with no value of `result`: unknown names, wrong numbers of
// arguments, operands that never fit. The message says the column. What a validation shows.
kube::Result<Expression> parse_condition(std::string_view source);

// Checks the expression against the type that `result` really has, then runs it. Bounded in steps and in memory.
// `now` is what now() answers.
Answer<Value> evaluate(const Expression& expression, const Value& result, kube::Time now);
// The same for a condition, which must come to true or false.
Answer<bool> holds(const Expression& expression, const Value& result, kube::Time now);

// An expression of time, such as `now() - duration("1h")`: there is no `result`, and it must come to a time.
Answer<kube::Time> evaluate_time(std::string_view source, kube::Time now);

}  // namespace sluice::analysis::expression
