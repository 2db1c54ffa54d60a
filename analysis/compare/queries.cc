// Templates into queries, and series into counts.
#include "analysis/compare/queries.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace sluice::analysis::compare {
namespace {

using kube::Duration;
using kube::Error;
using kube::Fault;
using kube::Result;

// More good or bad requests than requests are rounding up to this, and a mistake beyond.
constexpr double slack = 1.01;

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

std::string filled(std::string text, const kube::StringMap& selector, Duration range) {
  replace_all(text, "$SELECTOR", selector_text(selector));
  replace_all(text, "$RANGE", fmt::format("{}s", std::chrono::ceil<std::chrono::seconds>(range).count()));
  return text;
}

std::string name_of(Role role) { return role == Role::canary ? "canary" : "baseline"; }

Error refused(const Query& query, std::string_view why) {
  return {Fault::invalid, fmt::format("{} of the {}: query {}", why, name_of(query.role), query.text)};
}

// The only series of the answer; NaN when there is none.
Result<double> single(const Query& query, const Answer& answer) {
  if (answer.empty()) return std::numeric_limits<double>::quiet_NaN();
  if (answer.size() > 1) return refused(query, fmt::format("{} series instead of one (aggregate them)", answer.size()));
  const double value = answer.front().value;
  if (!std::isfinite(value)) return refused(query, fmt::format("{} instead of a number", value));
  return value;
}

Result<double> boundary_of(const Query& query, const Series& series) {
  const std::string_view text = series.labels.get("le");
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size())
    return refused(query, fmt::format("a series with le=\"{}\" (group by (le))", text));
  return value;
}

// `increase` over a range that is longer than the block by one scrape counts the block's requests that much too high.
class Reading {
 public:
  Reading(const std::vector<Query>& queries, const std::vector<Answer>& answers, const Settings& settings,
          Window window)
      : queries_(queries), answers_(answers), settings_(settings) {
    measured_.window = window;
    scale_ =
        static_cast<double>(window.length.count()) / static_cast<double>((window.length + settings.scrape).count());
  }

  Result<Measured> read() {
    for (const Role role : {Role::canary, Role::baseline}) {
      Arm& arm = role == Role::canary ? measured_.canary : measured_.baseline;
      Result<> done;
      if (settings_.kind == Kind::error_rate) done = read_rate(role, arm);
      if (settings_.kind == Kind::latency) done = read_buckets(role, arm);
      if (settings_.kind == Kind::mean) done = read_mean(role, arm);
      if (!done) return done.error();
    }
    return measured_;
  }

 private:
  // Where the answer to this part stands; npos when it was not asked.
  std::size_t index_of(Role role, Part part) const {
    for (std::size_t i = 0; i < queries_.size(); ++i)
      if (queries_[i].role == role && queries_[i].part == part) return i;
    return std::string::npos;
  }

  // A count of this part; NaN when there is no series.
  Result<double> counted(Role role, Part part) const {
    const std::size_t at = index_of(role, part);
    if (at == std::string::npos) return std::numeric_limits<double>::quiet_NaN();
    const Result<double> value = single(queries_[at], answers_[at]);
    if (!value) return value;
    if (*value < 0) return refused(queries_[at], fmt::format("{} instead of a count", *value));
    return *value * scale_;
  }

  Result<> read_rate(Role role, Arm& arm) {
    const Result<double> total = counted(role, Part::total);
    if (!total) return total.error();
    if (std::isnan(*total)) return {};
    const bool asks_good = index_of(role, Part::good) != std::string::npos;
    const Result<double> part = counted(role, asks_good ? Part::good : Part::bad);
    if (!part) return part.error();
    const double count = std::isnan(*part) ? 0 : *part;  // no such request was ever seen
    const Query& query = queries_[index_of(role, asks_good ? Part::good : Part::bad)];
    if (count > *total * slack) return refused(query, fmt::format("{:.6g} of {:.6g} requests", count, *total));
    arm.total = *total;
    arm.bad = std::clamp(asks_good ? *total - count : count, 0.0, *total);
    return {};
  }

  Result<> read_buckets(Role role, Arm& arm) {
    const std::size_t at = index_of(role, Part::buckets);
    for (const Series& series : answers_[at]) {
      const Result<double> boundary = boundary_of(queries_[at], series);
      if (!boundary) return boundary.error();
      if (!std::isfinite(series.value) || series.value < 0)
        return refused(queries_[at], fmt::format("{} instead of a count", series.value));
      if (!arm.buckets.emplace(*boundary, series.value * scale_).second)
        return refused(queries_[at], fmt::format("two series with le=\"{}\" (aggregate them)", *boundary));
    }
    if (arm.buckets.empty()) return {};
    if (!std::isinf(arm.buckets.rbegin()->first)) return refused(queries_[at], "no bucket le=\"+Inf\"");
    arm.total = arm.buckets.rbegin()->second;
    for (const auto& [boundary, count] : arm.buckets)
      if (count > arm.total * slack)
        return refused(queries_[at], fmt::format("{:.6g} of {:.6g} requests", count, arm.total));
    return {};
  }

  Result<> read_mean(Role role, Arm& arm) {
    if (const std::size_t at = index_of(role, Part::value); at != std::string::npos) {
      const Result<double> value = single(queries_[at], answers_[at]);
      if (!value) return value.error();
      arm.total = std::isnan(*value) ? 0 : 1;
      arm.mean = std::isnan(*value) ? 0 : *value;
      return {};
    }
    const Result<double> count = counted(role, Part::count);
    if (!count) return count.error();
    if (std::isnan(*count) || *count == 0) return {};
    const std::size_t at = index_of(role, Part::sum);
    const Result<double> sum = single(queries_[at], answers_[at]);
    if (!sum) return sum.error();
    if (std::isnan(*sum)) return refused(queries_[at], "no sum beside a count");
    arm.total = *count;
    arm.mean = *sum * scale_ / *count;
    return {};
  }

  const std::vector<Query>& queries_;
  const std::vector<Answer>& answers_;
  const Settings& settings_;
  double scale_ = 1;
  Measured measured_;
};

}  // namespace

std::string selector_text(const kube::StringMap& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    std::string quoted;
    for (const char letter : value) {
      if (letter == '\\' || letter == '"') quoted += '\\';
      if (letter == '\n')
        quoted += "\\n";
      else
        quoted += letter;
    }
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", name, quoted);
  }
  return text;
}

std::vector<Query> queries_of(const crds::Compare& compare, const Settings& settings, kube::Duration length) {
  const std::pair<Part, const std::string*> templates[] = {
      {Part::total, &compare.total},     {Part::bad, &compare.bad}, {Part::good, &compare.good},
      {Part::buckets, &compare.buckets}, {Part::sum, &compare.sum}, {Part::count, &compare.count},
      {Part::value, &compare.value}};
  std::vector<Query> queries;
  for (const Role role : {Role::canary, Role::baseline})
    for (const auto& [part, text] : templates)
      if (!text->empty())
        queries.push_back(
            {role, part,
             filled(*text, role == Role::canary ? compare.canary : compare.baseline, length + settings.scrape)});
  return queries;
}

kube::Result<Measured> read_answers(const std::vector<Query>& queries, const std::vector<Answer>& answers,
                                    const Settings& settings, Window window) {
  return Reading(queries, answers, settings, window).read();
}

}  // namespace sluice::analysis::compare
