// The rules for the `compare` part of a metric.
#include "crds/validate_compare.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "crds/compare.h"
#include "crds/field_error.h"
#include "crds/metric.h"
#include "kube/time.h"

namespace sluice::crds {
namespace {

using kube::Duration;
using std::chrono::seconds;

bool has_argument(std::string_view text) { return text.find("{{") != std::string_view::npos; }

std::string number_text(double value) { return fmt::format("{}", value); }

class CompareCheck {
 public:
  CompareCheck(const Metric& metric, std::string at) : metric_(metric), compare_(*metric.compare), at_(std::move(at)) {}

  kube::Mistakes run() {
    check_provider();
    check_queries();
    check_selectors();
    check_words();
    check_numbers();
    check_times();
    return std::move(mistakes_);
  }

 private:
  std::string path(std::string_view field) const { return fmt::format("{}.compare.{}", at_, field); }
  void say(kube::Mistake mistake) { add(mistakes_, std::move(mistake)); }

  void check_provider() {
    if (!metric_.provider.prometheus)
      say(invalid(at_ + ".provider", "compare needs provider prometheus, which may have an address alone"));
    if (metric_.provider.prometheus && metric_.provider.prometheus->range_query)
      say(forbidden(at_ + ".provider.prometheus.rangeQuery", "compare has its own windows"));
    if (!metric_.failure_condition.empty() && metric_.provider.prometheus && metric_.provider.prometheus->query.empty())
      say(required(at_ + ".provider.prometheus.query", "failureCondition guards the result of this query"));
  }

  // The queries that a kind needs, and no others.
  void check_queries() {
    const std::string& kind = compare_.kind;
    const bool rate = kind == "errorRate", latency = kind == "latency", mean = kind == "mean";
    if (!rate && !latency && !mean) {
      if (!has_argument(kind)) say(invalid(path("kind"), kind, "must be errorRate, latency or mean"));
      return;
    }
    demand(rate, "total", compare_.total);
    allow(rate, "bad", !compare_.bad.empty());
    allow(rate, "good", !compare_.good.empty());
    if (rate && compare_.bad.empty() == compare_.good.empty())
      say(invalid(path(compare_.bad.empty() ? "good" : "bad"),
                  compare_.bad.empty()
                      ? "one of good and bad is required; good is better, because a series that begins "
                        "with its first error hides that error"
                      : "only one of good and bad may be set"));
    demand(latency, "buckets", compare_.buckets);
    allow(latency, "boundaries", !compare_.boundaries.empty());
    if (latency) check_boundaries();
    allow(mean, "sum", !compare_.sum.empty());
    allow(mean, "count", !compare_.count.empty());
    allow(mean, "value", !compare_.value.empty());
    allow(mean, "direction", !compare_.direction.empty());
    if (mean) check_mean();
    for (const auto& [name, text] : {std::pair<const char*, const std::string&>{"total", compare_.total},
                                     {"bad", compare_.bad},
                                     {"good", compare_.good},
                                     {"buckets", compare_.buckets},
                                     {"sum", compare_.sum},
                                     {"count", compare_.count},
                                     {"value", compare_.value}})
      if (!text.empty() && text.find("$SELECTOR") == std::string::npos && !has_argument(text))
        say(invalid(path(name), "must contain $SELECTOR, which stands for the labels of an arm"));
  }
  void demand(bool wanted, const char* name, const std::string& text) {
    if (wanted && text.empty()) say(required(path(name), fmt::format("needed by kind {}", compare_.kind)));
    allow(wanted, name, !text.empty());
  }
  void allow(bool wanted, const char* name, bool is_set) {
    if (!wanted && is_set) say(forbidden(path(name), fmt::format("not used by kind {}", compare_.kind)));
  }
  void check_boundaries() {
    constexpr std::size_t most = 16;
    const auto boundaries = boundaries_of(compare_);
    if (!boundaries)
      say(invalid(path("boundaries"), "must be auto, or a list of numbers above 0"));
    else if (boundaries->size() > most)
      say(invalid(path("boundaries"), fmt::format("at most {} boundaries", most)));
  }
  void check_mean() {
    const bool gauge = !compare_.value.empty();
    const bool any = !compare_.sum.empty() || !compare_.count.empty();
    const bool both = !compare_.sum.empty() && !compare_.count.empty();
    if (gauge ? any : !both) say(invalid(path("value"), "kind mean needs either value, or sum and count"));
  }

  void check_selectors() {
    if (compare_.canary.empty()) say(required(path("canary"), "labels that select the canary"));
    if (compare_.baseline.empty()) say(required(path("baseline"), "labels that select the stable version"));
    if (!compare_.canary.empty() && compare_.canary == compare_.baseline)
      say(invalid(path("baseline"), "selects the same as canary"));
    for (const auto* labels : {&compare_.canary, &compare_.baseline})
      for (const auto& [name, value] : *labels)
        if (!is_label(name))
          say(invalid(path(labels == &compare_.canary ? "canary" : "baseline"), name, "is no label of Prometheus"));
  }
  static bool is_label(std::string_view name) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    return !name.empty() && letter(name[0]) &&
           std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
  }

  void check_words() {
    check_word("direction", compare_.direction, {"lower", "higher"});
    check_word("model", compare_.model, {"clustered", "independent"});
    check_word("onInsufficient", compare_.on_insufficient, {"Inconclusive", "Successful", "Failed", "Wait"});
    if (!compare_.model.empty() && compare_.kind == "mean") say(forbidden(path("model"), "not used by kind mean"));
  }
  void check_word(const char* name, const std::string& word, std::initializer_list<std::string_view> words) {
    if (word.empty() || has_argument(word) || std::ranges::find(words, word) != words.end()) return;
    say(invalid(path(name), word, fmt::format("must be one of {}", fmt::join(words, ", "))));
  }

  void check_numbers() {
    const bool mean = compare_.kind == "mean";
    const double tolerance = compare_.tolerance.value_or(mean ? 1.05 : 1.25);
    const double effect = compare_.minimum_effect.value_or(mean ? 1.15 : 2);
    at_least("tolerance", compare_.tolerance, 1);
    if (!(effect > tolerance))
      say(invalid(path("minimumEffect"),
                  fmt::format("{}: must be greater than tolerance ({})", number_text(effect), number_text(tolerance))));
    at_least("absoluteTolerance", compare_.absolute_tolerance, 0);
    chance("alpha", compare_.alpha);
    chance("beta", compare_.beta);
    at_least("clusterSize", compare_.cluster_size, 1);
    at_least("maxFactor", compare_.max_factor, 1);
    at_least("minimumSamples.requests", compare_.minimum_samples.requests, 0);
    at_least("minimumSamples.bad", compare_.minimum_samples.bad, 0);
    if (compare_.minimum_blocks && *compare_.minimum_blocks < 1)
      say(invalid(path("minimumBlocks"), *compare_.minimum_blocks, "must be at least 1"));
    if (compare_.minimum_blocks && *compare_.minimum_blocks > 100'000)
      say(invalid(path("minimumBlocks"), *compare_.minimum_blocks, "must be at most 100000"));
  }
  void at_least(const char* name, const std::optional<double>& value, double bound) {
    if (value && (!(*value >= bound) || !std::isfinite(*value)))
      say(invalid(path(name), fmt::format("{}: must be a number of at least {}", number_text(*value), bound)));
  }
  void chance(const char* name, const std::optional<double>& value) {
    if (value && !(*value > 0 && *value <= .5))
      say(invalid(path(name), fmt::format("{}: must be above 0 and at most 0.5", number_text(*value))));
  }

  // The duration, or its default; nullopt when it cannot be judged.
  std::optional<Duration> duration(const char* name, const std::string& text, Duration otherwise) {
    if (text.empty()) return otherwise;
    if (has_argument(text)) return std::nullopt;
    const kube::Result<Duration> parsed = kube::parse_duration(text);
    if (!parsed) {
      say(invalid(path(name), text, parsed.error().message));
      return std::nullopt;
    }
    if (*parsed < Duration::zero()) {
      say(invalid(path(name), text, "must not be negative"));
      return std::nullopt;
    }
    return *parsed;
  }

  void check_times() {
    const auto scrape = duration("scrapeInterval", compare_.scrape_interval, seconds{15});
    const auto block = duration("block", compare_.block, seconds{30});
    duration("lag", compare_.lag, seconds{15});
    duration("warmUp", compare_.warm_up, seconds{60});
    const auto longest = duration("maxDuration", compare_.max_duration, std::chrono::minutes{30});
    if (scrape && *scrape < seconds{1})
      say(invalid(path("scrapeInterval"), compare_.scrape_interval, "must be at least 1s"));
    if (scrape && *scrape % seconds{1} != Duration::zero())
      say(invalid(path("scrapeInterval"), compare_.scrape_interval, "must be whole seconds"));
    if (block && scrape && *block < *scrape)
      say(invalid(
          path("block"), kube::format_duration(*block),
          fmt::format("must be at least scrapeInterval ({}), better twice that", kube::format_duration(*scrape))));
    const std::int64_t blocks = compare_.minimum_blocks.value_or(3);
    if (block && longest && blocks >= 1 && blocks <= 100'000 && *longest < *block * blocks)
      say(invalid(
          path("maxDuration"), kube::format_duration(*longest),
          fmt::format("must be at least minimumBlocks ({}) blocks of {}", blocks, kube::format_duration(*block))));
  }

  const Metric& metric_;
  const Compare& compare_;
  std::string at_;
  kube::Mistakes mistakes_;
};

}  // namespace

kube::Mistakes validate_compare(const Metric& metric, const std::string& at) {
  if (!metric.compare) return {};
  return CompareCheck(metric, at).run();
}

kube::Mistakes warnings_of_compare(const Metric& metric, const std::string& at) {
  kube::Mistakes warnings;
  if (!metric.compare) return warnings;
  const Compare& compare = *metric.compare;
  if (!metric.success_condition.empty())
    warnings.push_back(
        {at + ".successCondition", "is not asked: compare decides; use failureCondition for a hard guard"});
  for (const auto& [name, is_set] : {std::pair{"count", metric.count.has_value()},
                                     {"failureLimit", metric.failure_limit.has_value()},
                                     {"inconclusiveLimit", metric.inconclusive_limit.has_value()},
                                     {"consecutiveSuccessLimit", metric.consecutive_success_limit.has_value()}})
    if (is_set) warnings.push_back({fmt::format("{}.{}", at, name), "does not apply: compare is one measurement"});
  if (!compare.bad.empty())
    warnings.push_back(
        {at + ".compare.bad", "a series that begins with its first error hides that error; good is better"});
  const auto read = [](const std::string& text, Duration otherwise) {
    const kube::Result<Duration> parsed = kube::parse_duration(text);
    return parsed ? *parsed : otherwise;
  };
  const Duration scrape = read(compare.scrape_interval, seconds{15});
  const Duration block = read(compare.block, seconds{30});
  if (block >= scrape && block < scrape * 2)
    warnings.push_back({at + ".compare.block",
                        "is shorter than two scrapes; bursts of errors longer than a quarter of a "
                        "block weaken the guarantee"});
  return warnings;
}

std::optional<std::vector<double>> boundaries_of(const Compare& compare) {
  std::string_view text = compare.boundaries.text;
  std::vector<double> boundaries;
  if (text.empty() || text == "\"auto\"") return boundaries;
  if (!text.starts_with('[') || !text.ends_with(']')) return std::nullopt;
  text = text.substr(1, text.size() - 2);
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    double value = 0;
    const auto read = std::from_chars(item.data(), item.data() + item.size(), value);
    if (read.ec != std::errc() || read.ptr != item.data() + item.size() || !(value > 0) || !std::isfinite(value))
      return std::nullopt;
    boundaries.push_back(value);
  }
  std::ranges::sort(boundaries);
  boundaries.erase(std::unique(boundaries.begin(), boundaries.end()), boundaries.end());
  return boundaries;
}

}  // namespace sluice::crds
