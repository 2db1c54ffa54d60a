// One measurement from the filled-in metric to its outcome, secrets read on the way and hidden at its end.
#include "analysis/measure.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "analysis/phase.h"
#include "kube/base64.h"

namespace sluice::analysis {
namespace {

namespace json = kube::json;
using kube::Error;
using kube::Fault;
using kube::Result;

Result<std::string> value_in(const json::value& secret, const crds::SecretKeyReference& source) {
  const json::value* data = kube::find_at(secret, {"data"});
  const json::value* encoded = data && data->is_object() ? data->get_object().if_contains(source.key) : nullptr;
  if (!encoded || !encoded->is_string())
    return Error{Fault::not_found, fmt::format("key '{}' does not exist in secret '{}'", source.key, source.name)};
  std::optional<std::string> value = kube::decode_base64(encoded->get_string());
  if (!value)
    return Error{Fault::invalid, fmt::format("key '{}' of secret '{}' is not base64", source.key, source.name)};
  return std::move(*value);
}

net::awaitable<Result<std::string>> read_secret(kube::Client& client, std::string ns, crds::SecretKeyReference source) {
  kube::ObjectKey key{std::move(ns), source.name};
  const Result<json::value> secret = co_await client.get(kube::resources::secrets, std::move(key));
  if (!secret) co_return secret.error();
  co_return value_in(*secret, source);
}

// The metric with everything in it, and the secrets that went into it.
struct Filled {
  crds::Metric metric;
  std::vector<std::string> secrets;
};

net::awaitable<Result<Filled>> fill(kube::Client& client, const MeasurementOrder& order) {
  Filled filled;
  filled.metric = order.task.metric;
  kube::StringMap values = order.arguments.values;
  for (const SecretArgument& secret : order.arguments.secrets) {
    if (!uses_argument(order.written, secret.name)) continue;
    Result<std::string> value = co_await read_secret(client, order.task.run.ns, secret.source);
    if (!value) co_return value.error();
    values.set(secret.name, *value);
    filled.secrets.push_back(std::move(*value));
  }
  if (filled.secrets.empty()) co_return filled;
  for (const SecretArgument& secret : order.arguments.secrets)
    if (!values.contains(secret.name)) values.set(secret.name, secret_placeholder);
  Result<crds::Metric> metric = fill_in(order.written, values);
  if (!metric) co_return metric.error();
  filled.metric = std::move(*metric);
  co_return filled;
}

kube::StringMap hide(const kube::StringMap& entries, const std::vector<std::string>& secrets) {
  kube::StringMap hidden;
  for (const auto& [key, value] : entries) hidden.set(key, redact(value, secrets));
  return hidden;
}

}  // namespace

net::awaitable<Outcome> measure(Provider& provider, MeasurementOrder order, kube::Client& client, kube::Clock& clock) {
  Outcome outcome;
  outcome.metric = order.task.metric.name;
  outcome.measurement.started_at = clock.now();
  Result<Filled> filled = co_await fill(client, order);
  if (!filled) {
    outcome.metadata = provider.metadata(order.task.metric);
    if (order.unfinished) {
      outcome.measurement = provider.interrupt(order.task, *order.unfinished, filled.error().message);
      co_return outcome;
    }
    outcome.measurement.phase = name_of(Phase::error);
    outcome.measurement.message = filled.error().message;
    outcome.measurement.finished_at = clock.now();
    co_return outcome;
  }
  MeasurementTask task = order.task;
  task.metric = filled->metric;
  outcome.metadata = hide(provider.metadata(task.metric), filled->secrets);
  if (order.unfinished)
    outcome.measurement = co_await provider.resume(std::move(task), *order.unfinished);
  else
    outcome.measurement = co_await provider.run(std::move(task));
  outcome.measurement.message = redact(std::move(outcome.measurement.message), filled->secrets);
  outcome.measurement.value = redact(std::move(outcome.measurement.value), filled->secrets);
  outcome.measurement.metadata = hide(outcome.measurement.metadata, filled->secrets);
  co_return outcome;
}

}  // namespace sluice::analysis
