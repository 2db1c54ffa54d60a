// Collecting and printing metrics.
#include "controller/metrics_page.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/resource.h>
#include <unistd.h>

#include <prometheus/text_serializer.h>

#include "controller/version.h"

namespace sluice::controller {
namespace {

// Field `number` (from 1, as proc(5) counts) of /proc/self/stat; 0 when it cannot be read.
double stat_field(int number) {
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::size_t after_name = text.rfind(')');
  if (after_name == std::string::npos) return 0;
  std::istringstream fields(text.substr(after_name + 2));
  std::string field;
  for (int at = 3; at <= number; ++at) fields >> field;
  return field.empty() ? 0 : std::stod(field);
}

double boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string name, rest; file >> name; std::getline(file, rest))
    if (name == "btime") {
      double seconds = 0;
      file >> seconds;
      return seconds;
    }
  return 0;
}

double open_files() {
  std::error_code error;
  double count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
    (void)entry;
    ++count;
  }
  return count;
}

}  // namespace

prometheus::ClientMetric& MetricFamilies::add(const std::string& name, const std::string& help,
                                              prometheus::MetricType type, const MetricLabels& labels) {
  auto family = families_.rbegin();
  while (family != families_.rend() && family->name != name) ++family;
  if (family == families_.rend()) {
    families_.push_back({name, help, type, {}});
    family = families_.rbegin();
  }
  prometheus::ClientMetric& metric = family->metric.emplace_back();
  for (const auto& [label, value] : labels) metric.label.push_back({label, value});
  return metric;
}

void MetricFamilies::gauge(const std::string& name, const std::string& help, const MetricLabels& labels, double value) {
  add(name, help, prometheus::MetricType::Gauge, labels).gauge.value = value;
}

void MetricFamilies::counter(const std::string& name, const std::string& help, const MetricLabels& labels,
                             double value) {
  add(name, help, prometheus::MetricType::Counter, labels).counter.value = value;
}

void MetricFamilies::histogram(const std::string& name, const std::string& help, const MetricLabels& labels,
                               const std::vector<double>& bounds, const std::vector<std::uint64_t>& counts,
                               double sum) {
  auto& histogram = add(name, help, prometheus::MetricType::Histogram, labels).histogram;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    total += counts[i];
    histogram.bucket.push_back({total, i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity()});
  }
  histogram.sample_count = total;
  histogram.sample_sum = sum;
}

std::string MetricsPage::text() const {
  MetricFamilies families;
  for (const Source& source : sources_) source(families);
  return prometheus::TextSerializer().Serialize(families.all());
}

void add_process_metrics(MetricFamilies& families) {
  const std::string version = version_number();
  families.gauge("argo_rollouts_controller_info", "Running controller", {{"version", version}}, 1);
  families.gauge("build_info", "The build that is running", {{"version", version}, {"compiler", __VERSION__}}, 1);

  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  families.counter("process_cpu_seconds_total", "User and system CPU time in seconds", {},
                   seconds(usage.ru_utime) + seconds(usage.ru_stime));
  families.gauge("process_resident_memory_bytes", "Resident memory in bytes", {},
                 stat_field(24) * static_cast<double>(sysconf(_SC_PAGESIZE)));
  families.gauge("process_virtual_memory_bytes", "Virtual memory in bytes", {}, stat_field(23));
  families.gauge("process_open_fds", "Open file descriptors", {}, open_files());
  families.gauge("process_start_time_seconds", "Start of the process in seconds since the Unix epoch", {},
                 boot_time() + stat_field(22) / static_cast<double>(sysconf(_SC_CLK_TCK)));
}

}  // namespace sluice::controller
