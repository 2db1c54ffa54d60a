// B12: the parts of one event and one decision, each by itself.
#include <algorithm>
#include <ctime>
#include <functional>
#include <stdexcept>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "allocations.h"
#include "analysis/expression/expression.h"
#include "analysis/value_json.h"
#include "controller/decide.h"
#include "controller/observe.h"
#include "controller/requests.h"
#include "controller/stores.h"
#include "crds/decode.h"
#include "crds/pod_template.h"
#include "fleet.h"
#include "kube/json.h"
#include "measures.h"

namespace sluice::bench {
namespace {

namespace json = boost::json;
namespace r = kube::resources;

std::int64_t cpu_nanoseconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

// The median of several rounds, each of `repetitions` calls.
void measure(const std::string& part, int repetitions, const std::function<void()>& work) {
  constexpr int rounds = 9;
  const InstructionCounter instructions;
  work();  // fills caches and tables
  std::vector<double> nanoseconds;
  std::uint64_t allocated = 0;
  std::optional<std::uint64_t> executed;
  for (int round = 0; round < rounds; ++round) {
    const std::uint64_t allocations_before = allocations();
    const auto instructions_before = instructions.count();
    const std::int64_t before = cpu_nanoseconds();
    for (int time = 0; time < repetitions; ++time) work();
    nanoseconds.push_back(static_cast<double>(cpu_nanoseconds() - before) / repetitions);
    allocated = (allocations() - allocations_before) / static_cast<std::uint64_t>(repetitions);
    if (instructions_before)
      executed = (*instructions.count() - *instructions_before) / static_cast<std::uint64_t>(repetitions);
  }
  std::sort(nanoseconds.begin(), nanoseconds.end());
  print_sample("part", {{"part", part},
                        {"repetitions", repetitions},
                        {"ns_median", nanoseconds[rounds / 2]},
                        {"ns_min", nanoseconds.front()},
                        {"ns_max", nanoseconds.back()},
                        {"allocations", allocated},
                        {"instructions", executed ? json::value(*executed) : json::value()}});
}

std::vector<std::string> texts_of(const Model& model, const kube::Resource& resource) {
  std::vector<std::string> texts;
  for (const Model::Object& object : model.objects)
    if (object.resource.kind == resource.kind) texts.push_back(object.text);
  if (texts.empty()) throw std::runtime_error("the model has no " + std::string(resource.kind));
  return texts;
}

void fill(controller::Stores& stores, const Model& model) {
  const auto take = [&](const kube::Resource& resource, kube::StoreSink& store) {
    for (const std::string& text : texts_of(model, resource)) store.upsert(kube::parse_json(text).value());
  };
  take(r::rollouts, stores.rollouts);
  take(r::replica_sets, stores.replica_sets);
  take(r::services, stores.services);
  take(r::http_routes, stores.http_routes);
  take(r::endpoint_slices, stores.endpoint_slices);
}

// The text with a newer resourceVersion, so that the store takes it for a change.
std::string newer(std::string text, int version) {
  const std::string name = R"("resourceVersion":")";
  const std::size_t at = text.find(name) + name.size();
  return text.replace(at, text.find('"', at) - at, std::to_string(1'000'000 + version));
}

void measure_events(const Model& model, controller::Stores& stores, int repetitions) {
  const auto event = [&](const std::string& name, const kube::Resource& resource, kube::StoreSink& store) {
    const std::string text = texts_of(model, resource).front();
    const std::vector<std::string> versions{newer(text, 1), newer(text, 2)};
    std::size_t turn = 0;
    measure(fmt::format("event of a {} ({} bytes)", name, text.size()), repetitions,
            [&] { store.upsert(kube::parse_json(versions[++turn % 2]).value()); });
  };
  event("Rollout", r::rollouts, stores.rollouts);
  event("ReplicaSet", r::replica_sets, stores.replica_sets);
  event("Service", r::services, stores.services);
  event("EndpointSlice", r::endpoint_slices, stores.endpoint_slices);
  event("HTTPRoute", r::http_routes, stores.http_routes);
  const std::string text = texts_of(model, r::rollouts).front();
  measure("  of these: JSON text of the Rollout to values", repetitions, [&] { (void)kube::parse_json(text).value(); });
}

void measure_decisions(const Model& model, controller::Stores& stores, int repetitions) {
  const kube::Time now{std::chrono::sys_days{std::chrono::year{2026} / 6 / 1}};
  const auto rollout = stores.rollouts.find({"default", "model"});
  if (!rollout) throw std::runtime_error("the model's Rollout is not in the store");
  measure("look up a Rollout", repetitions, [&] { (void)stores.rollouts.find({"default", "model"}); });
  measure("observe", repetitions, [&] { (void)controller::observe(stores, rollout, {}); });

  const controller::RolloutObservation rested = controller::observe(stores, rollout, {});
  const controller::Decision nothing = controller::decide(rested, now);
  if (!nothing.writes.empty() || nothing.status) throw std::runtime_error("a settled Rollout is written to");
  measure("decide: at rest, 4 sets", repetitions, [&] { (void)controller::decide(rested, now); });

  std::string changed = texts_of(model, r::rollouts).front();
  const std::size_t tag = changed.find(":v1.4.0");
  changed.replace(tag, 7, ":v1.5.0");
  json::value object = kube::parse_json(changed).value();
  json::object& metadata = object.at("metadata").as_object();
  metadata["generation"] = metadata["generation"].to_number<std::int64_t>() + 1;
  kube::Mistakes mistakes;
  controller::RolloutObservation begun = rested;
  begun.rollout = crds::decode_rollout(object, mistakes);
  if (controller::decide(begun, now).writes.empty()) throw std::runtime_error("a new image leads to no write");
  measure("decide: a new image, 4 sets", repetitions, [&] { (void)controller::decide(begun, now); });

  crds::RolloutStatus next = rollout->status;
  next.ready_replicas = next.available_replicas = 1;
  next.phase = "Progressing";
  measure("status patch", repetitions, [&] { (void)controller::status_patch(rollout->status, next, {"u", "1"}); });
  const std::string pod_template = model.templates.front();
  int number = 0;
  measure(fmt::format("pod template hash ({} bytes)", pod_template.size()), repetitions, [&] {
    std::string text = pod_template;
    const std::size_t at = text.find("v1.");
    text.replace(at, 3, fmt::format("v{}.", ++number));
    (void)crds::make_pod_template(kube::parse_json(text).value());
  });
}

void measure_conditions(int repetitions) {
  using namespace analysis::expression;
  const std::string source = "len(result) == 1 && result[0] >= 0.95 && !isNaN(result[0])";
  const auto condition = read(source);
  if (!condition) throw std::runtime_error("the condition cannot be read");
  const Value value = analysis::value_from_json(json::array{0.993});
  const kube::Time now{};
  if (!holds(*condition, value, now) || !*holds(*condition, value, now))
    throw std::runtime_error("the condition does not hold");
  measure(fmt::format("parse a condition ({} bytes)", source.size()), repetitions, [&] { (void)read(source); });
  measure("evaluate a condition", repetitions, [&] { (void)holds(*condition, value, now); });
  const auto list = read("all(filter(result, .status == \"ok\"), asFloat(.value) < 250) && len(result) > 2");
  json::array rows;
  for (int i = 0; i < 10; ++i) rows.push_back({{"status", "ok"}, {"value", std::to_string(100 + i)}});
  const Value ten = analysis::value_from_json(rows);
  if (!list || !holds(*list, ten, now) || !*holds(*list, ten, now)) throw std::runtime_error("the list is refused");
  measure("evaluate a condition over 10 rows", repetitions, [&] { (void)holds(*list, ten, now); });
}

}  // namespace

void measure_parts(int repetitions) {
  const Model model = make_model();
  controller::Stores stores({});
  fill(stores, model);
  measure_events(model, stores, repetitions);
  // What the events left behind.
  fill(stores, model);
  measure_decisions(model, stores, repetitions);
  measure_conditions(repetitions);
}

}  // namespace sluice::bench
