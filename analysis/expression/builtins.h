// The functions of the language, one row each. A new function is a new row.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "analysis/expression/machine.h"
#include "analysis/expression/type.h"
#include "analysis/expression/value.h"

namespace sluice::analysis::expression {

// What a parameter takes. What is not known yet always passes, and is looked at when it runs.
enum class Takes : std::uint8_t {
  anything,
  measurable,  // list, map or text: len
  numbers,     // numbers, and lists of them
  number,
  number_or_text,
  list,
  text,
  integer,
  exact_float  // float64 and nothing else, but a whole-number literal is read as one
};

struct Function {
  std::string_view name;
  std::uint8_t least;          // arguments
  std::uint8_t most;           // arguments; 255 for no limit
  std::array<Takes, 4> takes;  // parameters after the fourth take what the fourth takes
  Type (*gives)(std::span<const Type> arguments);
  Value (*run)(std::span<const Value> arguments, Machine& machine);
};

// What a function with a predicate sees of its loop.
class Loop {
 public:
  virtual ~Loop() = default;
  virtual std::span<const Value> items() const = 0;
  virtual const List& list() const = 0;  // that the items are of
  virtual bool has_predicate() const = 0;
  // The predicate's value for an item; `accumulated` is what #acc means there.
  virtual Value ask(std::size_t index, const Value* accumulated = nullptr) = 0;
  // The argument after the predicate; nullptr when it is not given.
  virtual const Value* extra() const = 0;
  virtual Machine& machine() = 0;
};

enum class Predicate : std::uint8_t { truth, anything };

struct Closure {
  std::string_view name;
  Predicate predicate;
  bool predicate_required;
  bool takes_extra;
  bool knows_index;        // #index may be used
  bool knows_accumulated;  // #acc may be used
  Type (*gives)(Type list, Type predicate);
  Value (*run)(Loop& loop);
};

// True for what int() and float() take besides numbers and texts.
constexpr bool is_named_number(Kind kind) {
  return kind == Kind::month || kind == Kind::weekday || kind == Kind::duration;
}

const Function* find_function(std::string_view name);
const Closure* find_closure(std::string_view name);
inline bool is_closure(std::string_view name) { return find_closure(name) != nullptr; }
inline bool is_builtin(std::string_view name) { return is_closure(name) || find_function(name) != nullptr; }
// True for the functions that stand beside `result` in the environment, such as asInt.
bool is_environment_name(std::string_view name);
// True for those of them that an expression of time knows, too.
bool is_time_name(std::string_view name);

}  // namespace sluice::analysis::expression
