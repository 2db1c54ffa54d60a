// How long after a write of a spec the status says that it was seen: measured on the real API server, not asserted.
#include <algorithm>
#include <deque>
#include <fstream>
#include <iostream>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "kube/watch.h"
#include "test/cluster/expect.h"
#include "test/cluster/stories.h"

namespace sluice::cluster_test {
namespace {

using kube::number_at;
using kube::text_at;
using std::chrono::milliseconds;
using std::chrono::seconds;
namespace resources = kube::resources;

constexpr int rollouts = 10;
constexpr int rounds = 24;

struct Sample {
  std::string what;
  kube::Duration from_request{};
  kube::Duration from_answer{};
};

std::string rollout(int number) {
  return fmt::format(R"(
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {{name: web-{0}}}
spec:
  replicas: 1
  selector: {{matchLabels: {{app: web-{0}}}}}
  template:
    metadata: {{labels: {{app: web-{0}}}}}
    spec: {{containers: [{{name: web, image: 'example/web:v1'}}]}}
  strategy: {{canary: {{steps: [{{pause: {{}}}}, {{setWeight: 50}}]}}}}
)",
                     number);
}

// What people change: a knob, the version, the size.
std::pair<std::string, std::string> change(int round) {
  if (round % 3 == 0) return {"knob", fmt::format(R"({{"spec":{{"progressDeadlineSeconds":{}}}}})", 600 + round)};
  if (round % 3 == 1)
    return {"image", fmt::format(R"({{"spec":{{"template":{{"spec":{{"containers":[{{"name":"web",)"
                                 R"("image":"example/web:v{}"}}]}}}}}}}})",
                                 round + 1)};
  return {"replicas", fmt::format(R"({{"spec":{{"replicas":{}}}}})", 2 - round / 3 % 2)};
}

bool has_seen(const json::value& object, std::int64_t generation) {
  const std::string seen(text_at(object, {"status", "observedGeneration"}));
  return !seen.empty() && std::stoll(seen) >= generation;
}

net::awaitable<void> measure(World& w, std::vector<Sample>& samples) {
  const std::string ns = co_await w.admin.new_namespace("generation");
  for (int number = 0; number < rollouts; ++number) {
    std::string yaml = rollout(number);
    co_await w.admin.apply_text(std::move(yaml), ns);
    kube::ObjectKey key{ns, fmt::format("web-{}", number)};
    Condition healthy{"Healthy", [](const json::value& r) { return text_at(r, {"status", "phase"}) == "Healthy"; }};
    co_await w.admin.until(resources::rollouts, std::move(key), std::move(healthy), seconds(90));
  }
  kube::WatchOptions options;
  const json::value list = needed(co_await w.client.list(resources::rollouts, ns, kube::ListOptions()));
  options.resource_version = text_at(list, {"metadata", "resourceVersion"});
  const auto stream = needed(co_await w.client.watch(resources::rollouts, ns, std::move(options)));
  for (int round = 0; round < rounds; ++round)
    for (int number = 0; number < rollouts; ++number) {
      auto [what, body] = change(round);
      kube::ObjectKey key{ns, fmt::format("web-{}", number)};
      const std::string name = key.name;
      kube::Patch patch;
      patch.body = std::move(body);
      const kube::Time asked = w.clock.now();
      const json::value written =
          needed(co_await w.client.patch(resources::rollouts, std::move(key), std::move(patch)));
      const kube::Time answered = w.clock.now();
      const std::int64_t generation = number_at(written, {"metadata", "generation"});
      expect(generation == round + 2, "a write changed nothing: " + what);
      for (;;) {
        const auto event = needed(co_await stream->next());
        expect(event.has_value(), "the watch ended");
        if (text_at(event->object, {"metadata", "name"}) == name && has_seen(event->object, generation)) break;
      }
      const kube::Time seen = w.clock.now();
      samples.push_back({what, seen - asked, std::max(seen - answered, kube::Duration::zero())});
    }
}

double in_ms(kube::Duration time) { return static_cast<double>(time.count()) / 1000; }

double share(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values.at(static_cast<std::size_t>(part * static_cast<double>(values.size() - 1)));
}

BOOST_AUTO_TEST_SUITE(observed_generation)

BOOST_AUTO_TEST_CASE(follows_a_write_of_the_spec) {
  story_controller();
  World& w = world();
  std::vector<Sample> samples;
  w.run(measure(w, samples));
  std::ofstream raw(result_path("cluster_observed_generation.tsv"));
  raw << "change\tms since the request\tms since its answer\n";
  std::vector<double> times;
  for (const Sample& sample : samples) {
    raw << fmt::format("{}\t{:.1f}\t{:.1f}\n", sample.what, in_ms(sample.from_request), in_ms(sample.from_answer));
    times.push_back(in_ms(sample.from_answer));
  }
  BOOST_TEST(times.size() >= 200U);
  std::cout << fmt::format(
      "observedGeneration follows a spec write: p50 {:.0f} ms, p99 {:.0f} ms, largest {:.0f} ms; "
      "{} writes; wanted: p99 <= 100 ms\n",
      share(times, 0.5), share(times, 0.99), share(times, 1), times.size());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
