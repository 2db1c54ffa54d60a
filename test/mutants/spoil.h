// What instrumented copies of deciding files call: each does what the source says, unless that mutant is the chosen
// one.
#pragma once

#include <algorithm>

namespace sluice::mutants {

// From the environment variable SLUICE_MUTANT; 0 for none.
extern const int chosen;

inline bool kept(int number) { return chosen != number; }
inline bool left_out(int number) { return chosen == number; }
inline bool guard(int dropped, int negated, bool condition) {
  if (chosen == dropped) return false;
  return condition != (chosen == negated);
}
template <class T>
bool guard(int dropped, int negated, const T& condition) {
  return guard(dropped, negated, static_cast<bool>(condition));
}
template <class T>
T unless_left_out(int number, T value) {
  return chosen == number ? T() : value;
}
inline int one(int number) { return chosen == number ? 0 : 1; }
template <int number, class T>
T greatest(const T& left, const T& right) {
  return (chosen == number) == (left < right) ? left : right;
}
template <int number, class T>
T least(const T& left, const T& right) {
  return (chosen == number) == (left < right) ? right : left;
}
template <class T>
const T& this_one(int number, const T& meant, const T& other) {
  return chosen == number ? other : meant;
}

// `a < less(7) > b` is a < b, and a <= b in mutant 7; the same for the other three.
enum class Order { less, at_most, more, at_least };
struct Comparison {
  Order order;
  int number;
};
inline Comparison less(int number) { return {Order::less, number}; }
inline Comparison at_most(int number) { return {Order::at_most, number}; }
inline Comparison more(int number) { return {Order::more, number}; }
inline Comparison at_least(int number) { return {Order::at_least, number}; }
template <class T>
struct HalfComparison {
  T left;
  Comparison comparison;
};
template <class T>
HalfComparison<T> operator<(const T& left, Comparison comparison) {
  return {left, comparison};
}
template <class T, class U>
bool operator>(const HalfComparison<T>& half, const U& right) {
  const bool is_spoilt = chosen == half.comparison.number;
  switch (half.comparison.order) {
    case Order::less:
      return is_spoilt ? half.left <= right : half.left < right;
    case Order::at_most:
      return is_spoilt ? half.left < right : half.left <= right;
    case Order::more:
      return is_spoilt ? half.left >= right : half.left > right;
    case Order::at_least:
      break;
  }
  return is_spoilt ? half.left > right : half.left >= right;
}

}  // namespace sluice::mutants
