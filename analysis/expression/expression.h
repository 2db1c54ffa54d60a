// The language of success and failure conditions: read once, evaluated against each measurement.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "analysis/expression/problem.h"
#include "analysis/expression/value.h"
#include "kube/result.h"

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

// Reads an expression and refuses also what could work with no value of `result`: unknown names, wrong numbers of
// arguments, operands that never fit. The message says the column. What a validation shows.
kube::Result<Expression> parse_condition(std::string_view source);

// Checks the expression against the type that `result` really has, then runs it. Bounded in steps and in memory.
Answer<Value> evaluate(const Expression& expression, const Value& result);
// The same for a condition, which must come to true or false.
Answer<bool> holds(const Expression& expression, const Value& result);

}  // namespace sluice::analysis::expression
