// The state of a comparison as one line of numbers.
#include "analysis/compare/state.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "analysis/sequential/log_sum.h"

namespace sluice::analysis::compare {
namespace {

using kube::Time;
constexpr std::string_view version = "v1;";
constexpr double most_boundaries = 64;

bool uses_pass_ratio(const Settings& settings) { return !settings.clustered || settings.delta > 0; }

// Visits every number of the state in one order; the lists have their sizes by then.
template <class Visit>
void visit_head(State& state, Visit visit) {
  visit.time(state.until);
  Time since = state.canary_since.value_or(Time{});
  visit.time(since);
  if (since != Time{}) state.canary_since = since;
  for (std::int64_t* count : {&state.blocks, &state.skipped, &state.errors, &state.moved, &state.stretch})
    visit.count(*count);
  std::int64_t passed = state.passed ? 1 : 0;
  visit.count(passed);
  state.passed = passed != 0;
  visit.number(state.last_canary);
  visit.number(state.last_baseline);
  visit.time(state.worst);
  visit.number(state.worst_winnings);
  visit.number(state.worst_canary_bad);
  visit.number(state.worst_baseline_bad);
}

template <class Visit>
void visit_strand(Strand& strand, const Settings& settings, Visit visit) {
  sequential::Block& totals = strand.totals;
  for (double* number : {&totals.canary_total, &totals.canary_bad, &totals.baseline_total, &totals.baseline_bad})
    visit.number(*number);
  if (settings.kind == Kind::mean) return;
  if (settings.clustered)
    for (double& number : strand.share_fail) visit.number(number);
  else
    for (double& number : strand.ratio_fail) visit.number(number);
  if (settings.clustered)
    for (double& number : strand.share_pass) visit.number(number);
  if (uses_pass_ratio(settings))
    for (double& number : strand.ratio_pass) visit.number(number);
}

template <class Visit>
void visit_mean(sequential::MeanEvidence& mean, Visit visit) {
  for (double& number : mean.bets) visit.number(number);
  for (double* number : {&mean.blocks, &mean.last, &mean.sum, &mean.squares, &mean.successions}) visit.number(*number);
}

template <class Visit>
void visit_tail(State& state, const Settings& settings, Visit visit) {
  for (double& boundary : state.boundaries) visit.number(boundary);
  for (Strand& strand : state.strands) visit_strand(strand, settings, visit);
  if (settings.kind != Kind::mean) return;
  visit_mean(state.mean_fail, visit);
  visit_mean(state.mean_pass, visit);
  visit.number(state.canary_means);
  visit.number(state.baseline_means);
}

struct Writer {
  std::string& text;
  void number(double value) const {
    if (text.size() > version.size()) text += ',';
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    text.append(digits.data(), end);
  }
  void count(std::int64_t value) const { number(static_cast<double>(value)); }
  void time(Time value) const { number(static_cast<double>(value.time_since_epoch().count()) / 1e6); }
};

struct Reader {
  const char*& at;
  const char* end;
  bool& good;
  void number(double& value) const {
    value = 0;
    if (!good) return;
    const auto read = std::from_chars(at, end, value);
    good = read.ec == std::errc() && std::isfinite(value) && (read.ptr == end || *read.ptr == ',');
    at = read.ptr == end ? end : read.ptr + 1;
  }
  void count(std::int64_t& value) const {
    double real = 0;
    number(real);
    good = good && real >= 0 && real < 1e15;
    value = good ? static_cast<std::int64_t>(real) : 0;
  }
  void time(Time& value) const {
    double real = 0;
    number(real);
    good = good && real >= 0 && real < 1e12;
    value = Time{};
    if (good) value = Time(kube::Duration(static_cast<std::int64_t>(std::llround(real * 1e6))));
  }
};

double log_against_of(const Strand& strand, const Settings& settings) {
  return settings.clustered ? sequential::log_evidence(strand.share_fail) : sequential::log_evidence(strand.ratio_fail);
}

double log_in_favour_of(const Strand& strand, const Settings& settings) {
  if (!settings.clustered) return sequential::log_evidence(strand.ratio_pass);
  const double share = sequential::log_evidence(strand.share_pass);
  if (!uses_pass_ratio(settings)) return share;
  const std::array<double, 2> both{share, sequential::log_evidence(strand.ratio_pass)};
  return sequential::log_mean_exp(both);
}

}  // namespace

State initial_state(const Settings& settings) {
  State state;
  state.boundaries = settings.boundaries;
  state.strands.resize(settings.kind == Kind::latency ? settings.boundaries.size() : 1);
  return state;
}

std::string print_state(const State& state, const Settings& settings) {
  std::string text(version);
  State copy = state;
  const Writer writer{text};
  visit_head(copy, writer);
  writer.count(static_cast<std::int64_t>(copy.boundaries.size()));
  visit_tail(copy, settings, writer);
  return text;
}

kube::Result<State> parse_state(std::string_view text, const Settings& settings) {
  const kube::Error refused{kube::Fault::invalid, "the state of the comparison cannot be read"};
  if (!text.starts_with(version)) return refused;
  text.remove_prefix(version.size());
  const char* at = text.data();
  bool good = true;
  const Reader reader{at, text.data() + text.size(), good};
  State state;
  visit_head(state, reader);
  double boundaries = 0;
  reader.number(boundaries);
  if (!good || boundaries < 0 || boundaries > most_boundaries) return refused;
  state.boundaries.resize(static_cast<std::size_t>(boundaries));
  state.strands.resize(settings.kind == Kind::latency ? state.boundaries.size() : 1);
  visit_tail(state, settings, reader);
  if (!good || at != text.data() + text.size()) return refused;
  return state;
}

double log_against(const State& state, const Settings& settings) {
  if (settings.kind == Kind::mean) return sequential::log_evidence(state.mean_fail.bets);
  if (state.strands.empty()) return 0;
  std::vector<double> logs;
  for (const Strand& strand : state.strands) logs.push_back(log_against_of(strand, settings));
  return sequential::log_mean_exp(logs);
}

double log_in_favour(const State& state, const Settings& settings) {
  if (settings.kind == Kind::mean) return sequential::log_evidence(state.mean_pass.bets);
  if (state.strands.empty()) return 0;
  double least = log_in_favour_of(state.strands.front(), settings);
  for (const Strand& strand : state.strands) least = std::min(least, log_in_favour_of(strand, settings));
  return least;
}

}  // namespace sluice::analysis::compare
