// Incomplete beta functions by continued fractions in log space.
#include "analysis/sequential/beta_evidence.h"

#include <cmath>

namespace sluice::analysis::sequential {
namespace {

// lgamma itself writes a variable that all threads share.
double log_gamma(double x) {
  int sign = 0;
  return lgamma_r(x, &sign);
}

double log_beta(double a, double b) { return log_gamma(a) + log_gamma(b) - log_gamma(a + b); }

// The continued fraction of the incomplete beta function by Lentz' method; converges fast for x < (a+1)/(a+b+2).
double fraction(double x, double a, double b) {
  constexpr double tiny = 1e-300;
  constexpr double precision = 1e-16;
  const auto away_from_zero = [](double value) { return std::abs(value) < tiny ? tiny : value; };
  double c = 1;
  double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
  double product = d;
  const int most = 10'000 + static_cast<int>(10 * std::sqrt(a + b));
  for (int m = 1; m <= most; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away_from_zero(1 + even * d);
    c = away_from_zero(1 + even / c);
    product *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away_from_zero(1 + odd * d);
    c = away_from_zero(1 + odd / c);
    const double step = d * c;
    product *= step;
    if (std::abs(step - 1) < precision) break;
  }
  return product;
}

// ln I(x; a, b) for x on the side where the fraction converges fast.
double log_lower(double x, double a, double b) {
  return a * std::log(x) + b * std::log1p(-x) - log_beta(a, b) - std::log(a) + std::log(fraction(x, a, b));
}

}  // namespace

double log_upper_beta(double x, double a, double b) {
  if (x <= 0) return 0;
  // The upper part is the lower part of the mirrored function; where that converges it keeps its own logarithm.
  if (x > (a + 1) / (a + b + 2)) return log_lower(1 - x, b, a);
  const double lower = log_lower(x, a, b);
  return std::log1p(-std::exp(lower));
}

double log_beta_evidence(double on_canary, double errors, double share, BetaPrior prior) {
  const double elsewhere = errors - on_canary;
  return log_beta(prior.a + on_canary, prior.b + elsewhere) - log_beta(prior.a, prior.b) +
         log_upper_beta(share, prior.a + on_canary, prior.b + elsewhere) - log_upper_beta(share, prior.a, prior.b) -
         on_canary * std::log(share) - elsewhere * std::log1p(-share);
}

}  // namespace sluice::analysis::sequential
