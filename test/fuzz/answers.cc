// Throws bytes at the readers of what metric backends answer: each must end in a value or a reason.
#include "test/fuzz/answers.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "analysis/prometheus_answer.h"
#include "analysis/providers/inquiry.h"
#include "analysis/providers/kinds.h"

namespace sluice::fuzz {
namespace {

void prometheus(unsigned status, std::string_view body) {
  const auto answer = analysis::read_prometheus_answer(status, "application/json", body);
  if (answer)
    (void)analysis::print_warnings(answer->warnings);
  else if (answer.error().message.empty())
    std::abort();
}

// A metric that asks the provider with this field, with as little as it takes to be asked.
crds::Metric metric_for(std::string_view field) {
  crds::Metric metric;
  metric.name = "fuzzed";
  crds::MetricProvider& provider = metric.provider;
  if (field == "web") provider.web.emplace().url = "http://web.example/";
  if (field == "datadog") provider.datadog.emplace().query = "q";
  if (field == "datadog v2") provider.datadog.emplace().api_version = "v2";
  if (field == "newRelic") provider.new_relic.emplace().query = "q";
  if (field == "wavefront") provider.wavefront.emplace().address = "wavefront.example";
  if (field == "graphite") provider.graphite.emplace().address = "http://graphite.example";
  if (field == "influxdb") provider.influxdb.emplace().query = "q";
  if (field == "skywalking") provider.skywalking.emplace().address = "http://walking.example";
  if (field == "cloudWatch") provider.cloud_watch.emplace().interval = "5m";
  if (field == "kayenta") provider.kayenta.emplace().address = "http://kayenta.example";
  return metric;
}

constexpr std::string_view fields[] = {"web",      "datadog",  "datadog v2", "newRelic",   "wavefront",
                                       "graphite", "influxdb", "skywalking", "cloudWatch", "kayenta"};

// One answer to the first question of a provider, and of Kayenta also one to a look at its judgement.
template <std::size_t index>
void converse(unsigned status, std::string_view body) {
  static const crds::Metric metric = metric_for(fields[index]);
  static const analysis::ProviderKind& kind = *analysis::kind_of(metric.provider);
  for (const char* execution : {"", "id"}) {
    analysis::Inquiry inquiry{metric, {}, {}, {}, {}, "eu-central-1", {}, {}};
    inquiry.answers.push_back({status, {{"Content-Type", "application/json"}}, std::string(body)});
    if (*execution) inquiry.unfinished = {{"canaryExecutionId", execution}};
    const auto turn = kind.converse(inquiry);
    if (!turn && turn.error().message.empty()) std::abort();
  }
}

// A new reader is a new row.
constexpr Reader readers[] = {
    {"prometheus", prometheus}, {fields[0], converse<0>}, {fields[1], converse<1>}, {fields[2], converse<2>},
    {fields[3], converse<3>},   {fields[4], converse<4>}, {fields[5], converse<5>}, {fields[6], converse<6>},
    {fields[7], converse<7>},   {fields[8], converse<8>}, {fields[9], converse<9>},
};

}  // namespace

std::span<const Reader> all_readers() { return readers; }

Reader wanted_reader() {
  const char* name = std::getenv("SLUICE_FUZZ_READER");
  for (const Reader& reader : readers)
    if (name && reader.name == name) return reader;
  for (const Reader& reader : readers) std::puts(std::string(reader.name).c_str());
  std::fflush(stdout);
  std::_Exit(name && std::string_view(name) == "?" ? 0 : 2);
}

}  // namespace sluice::fuzz

// SLUICE_FUZZ_READER names the one reader that is meant; "?" lists them. The first byte of an input chooses the status,
// the rest is the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const sluice::fuzz::Reader reader = sluice::fuzz::wanted_reader();
  if (size < 1) return 0;
  constexpr unsigned statuses[] = {200, 204, 301, 400, 401, 404, 422, 429, 500, 503};
  reader.read(statuses[data[0] % std::size(statuses)],
              std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));
  return 0;
}
