// What became of the simulated requests.
#include "sandbox/traffic/request_counts.h"

#include <algorithm>

#include <fmt/format.h>

namespace sluice::sandbox {
namespace {

std::string escaped(std::string_view text) {
  std::string result;
  for (const char letter : text) {
    if (letter == '\\' || letter == '"') result += '\\';
    if (letter == '\n')
      result += "\\n";
    else
      result += letter;
  }
  return result;
}

void head(std::string& text, std::string_view name, std::string_view type, std::string_view help) {
  fmt::format_to(std::back_inserter(text), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void histogram(std::string& text, const std::string& labels, const LatencyCounts& counts) {
  const auto out = std::back_inserter(text);
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at < counts.bounds.size(); ++at) {
    sum += counts.at_most[at];
    fmt::format_to(out, "http_request_duration_seconds_bucket{{{},le=\"{}\"}} {}\n", labels, counts.bounds[at], sum);
  }
  fmt::format_to(out, "http_request_duration_seconds_bucket{{{},le=\"+Inf\"}} {}\n", labels, counts.count);
  fmt::format_to(out, "http_request_duration_seconds_sum{{{}}} {:.6f}\n", labels, counts.sum);
  fmt::format_to(out, "http_request_duration_seconds_count{{{}}} {}\n", labels, counts.count);
}

}  // namespace

const char* name_of(Loss loss) {
  switch (loss) {
    case Loss::no_backend:
      return "no_backend";
    case Loss::no_endpoint:
      return "no_endpoint";
    case Loss::pod_gone:
      return "pod_gone";
  }
  return "";
}

void RequestCounts::answered(const kube::ObjectKey& entry, const Answer& answer) {
  const auto count = [&](AnswerCounts& counts) { ++(answer.is_error ? counts.errors : counts.ok); };
  EntryCounts& of_this_entry = entries_[entry];
  ++of_this_entry.sent;
  of_this_entry.errors += answer.is_error;
  PodCounts& pod = pods_[{answer.service.ns, answer.pod}];
  pod.hash = answer.hash;
  count(pod.by_service[answer.service.name]);
  auto& [answers, latencies] = sets_[{answer.service, answer.hash}];
  count(answers);
  const double seconds = std::chrono::duration<double>(answer.latency).count();
  const auto bound = std::ranges::lower_bound(LatencyCounts::bounds, seconds);
  ++latencies.at_most[static_cast<std::size_t>(bound - LatencyCounts::bounds.begin())];
  latencies.sum += seconds;
  ++latencies.count;
}

void RequestCounts::lost(const kube::ObjectKey& entry, Loss loss) {
  EntryCounts& counts = entries_[entry];
  ++counts.sent;
  ++counts.lost[static_cast<std::size_t>(loss)];
}

void RequestCounts::pod_gone(const kube::ObjectKey& pod, kube::Time now) {
  if (pods_.contains(pod)) gone_.emplace_back(now, pod);
}

void RequestCounts::forget(kube::Time until) {
  for (; !gone_.empty() && gone_.front().first < until; gone_.pop_front()) pods_.erase(gone_.front().second);
}

EntryCounts RequestCounts::of_entry(const kube::ObjectKey& entry) const {
  const auto found = entries_.find(entry);
  return found == entries_.end() ? EntryCounts{} : found->second;
}

AnswerCounts RequestCounts::of_hash(const kube::ObjectKey& service, const std::string& hash) const {
  const auto found = sets_.find({service, hash});
  return found == sets_.end() ? AnswerCounts{} : found->second.first;
}

EntryCounts RequestCounts::total() const {
  EntryCounts sum;
  for (const auto& [entry, counts] : entries_) {
    sum.sent += counts.sent;
    sum.errors += counts.errors;
    for (std::size_t at = 0; at < sum.lost.size(); ++at) sum.lost[at] += counts.lost[at];
  }
  return sum;
}

std::string RequestCounts::metrics_text() const {
  std::string text;
  const auto out = std::back_inserter(text);
  head(text, "http_requests_total", "counter", "Simulated requests that a pod answered.");
  for (const auto& [pod, counts] : pods_)
    for (const auto& [service, answers] : counts.by_service) {
      const std::string labels =
          fmt::format(R"(namespace="{}",service="{}",pod="{}",pod_template_hash="{}")", escaped(pod.ns),
                      escaped(service), escaped(pod.name), escaped(counts.hash));
      fmt::format_to(out, "http_requests_total{{{},code=\"200\"}} {}\n", labels, answers.ok);
      if (answers.errors > 0)
        fmt::format_to(out, "http_requests_total{{{},code=\"500\"}} {}\n", labels, answers.errors);
    }
  head(text, "http_request_duration_seconds", "histogram", "How long simulated requests took.");
  for (const auto& [set, counts] : sets_)
    histogram(text,
              fmt::format(R"(namespace="{}",service="{}",pod_template_hash="{}")", escaped(set.first.ns),
                          escaped(set.first.name), escaped(set.second)),
              counts.second);
  head(text, "sandbox_requests_total", "counter", "Simulated requests sent to an entry, lost ones included.");
  for (const auto& [entry, counts] : entries_)
    fmt::format_to(out, "sandbox_requests_total{{namespace=\"{}\",entry=\"{}\"}} {}\n", escaped(entry.ns),
                   escaped(entry.name), counts.sent);
  head(text, "sandbox_request_errors_total", "counter", "Simulated requests of an entry answered with 500.");
  for (const auto& [entry, counts] : entries_)
    fmt::format_to(out, "sandbox_request_errors_total{{namespace=\"{}\",entry=\"{}\"}} {}\n", escaped(entry.ns),
                   escaped(entry.name), counts.errors);
  head(text, "sandbox_requests_lost_total", "counter", "Simulated requests of an entry that got no answer.");
  for (const auto& [entry, counts] : entries_)
    for (const Loss loss : all_losses)
      fmt::format_to(out, "sandbox_requests_lost_total{{namespace=\"{}\",entry=\"{}\",reason=\"{}\"}} {}\n",
                     escaped(entry.ns), escaped(entry.name), name_of(loss),
                     counts.lost[static_cast<std::size_t>(loss)]);
  return text;
}

}  // namespace sluice::sandbox
