// Carrying out the actions of a lease.
#include "kube/leader_election.h"

#include <algorithm>
#include <array>
#include <random>
#include <unistd.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

namespace sluice::kube {
namespace {

using namespace net::experimental::awaitable_operators;

std::string body_of(const ObjectKey& key, const LeaseWrite& write) {
  json::object metadata;
  if (write.version.empty()) {
    metadata["name"] = key.name;
    metadata["namespace"] = key.ns;
  } else {
    metadata["resourceVersion"] = write.version;
  }
  json::object body;
  if (write.version.empty()) {
    body["apiVersion"] = resources::leases.api_version();
    body["kind"] = resources::leases.kind;
  }
  body["metadata"] = std::move(metadata);
  body["spec"] = lease_spec(write.record);
  return print_json(body);
}

std::string version_of(const json::value& lease) {
  return std::string(text_at(lease, {"metadata", "resourceVersion"}));
}

Error no_answer() { return {Fault::timeout, "the API server did not answer in time"}; }

}  // namespace

std::string new_identity() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) name[0] = '\0';
  std::random_device random;
  std::array<unsigned, 4> words{random(), random(), random(), random()};
  words[1] = (words[1] & 0xffff0fffu) | 0x4000u;
  words[2] = (words[2] & 0x3fffffffu) | 0x80000000u;
  return fmt::format("{}_{:08x}-{:04x}-{:04x}-{:04x}-{:04x}{:08x}", name.data(), words[0], words[1] >> 16,
                     words[1] & 0xffff, words[2] >> 16, words[2] & 0xffff, words[3]);
}

LeaderElection::LeaderElection(Client& client, Clock& clock, const Log& log, ObjectKey lease, LeaseSettings settings)
    : client_(client), clock_(clock), log_(log), lease_(std::move(lease)), settings_(std::move(settings)) {
  state_.next_attempt = clock_.elapsed();
}

net::awaitable<void> LeaderElection::run() {
  for (;;) {
    note_leadership();
    LeaseAction action = next_lease_action(state_, settings_, now());
    if (const LeaseWait* wait = std::get_if<LeaseWait>(&action))
      co_await clock_.sleep_for(wait->until - clock_.elapsed());
    else if (LeaseWrite* change = std::get_if<LeaseWrite>(&action))
      co_await write(std::move(*change));
    else
      co_await read();
  }
}

net::awaitable<void> LeaderElection::release() {
  for (int attempt = 0; attempt < 2; ++attempt) {
    state_.renewed_at.reset();
    note_leadership();
    const std::optional<LeaseWrite> change = lease_release(state_, settings_, clock_.now());
    if (!change) co_return;
    LeaseWrite given = *change;
    auto sent = co_await (put(std::move(given)) || clock_.sleep_for(settings_.retry_period));
    const Result<json::value> answer =
        sent.index() == 0 ? std::move(std::get<0>(sent)) : Result<json::value>(no_answer());
    if (answer) {
      log_.info("released the lease", {{"lease", lease_.text()}});
      co_return;
    }
    note_failure(answer.error());
    if (answer.error().fault != Fault::conflict) co_return;
    // A renewal whose answer was not awaited has changed the version; the lease is still ours to give back.
    auto read = co_await (get() || clock_.sleep_for(settings_.retry_period));
    if (read.index() != 0 || !std::get<0>(read)) co_return;
    const json::value& lease = *std::get<0>(read);
    lease_was_read(state_, settings_, lease_record_in(lease), version_of(lease), clock_.elapsed());
  }
}

bool LeaderElection::is_leader() const { return kube::is_leader(state_, settings_, clock_.elapsed()); }
std::string LeaderElection::holder() const { return state_.record ? state_.record->holder : std::string(); }
std::int64_t LeaderElection::epoch() const { return state_.record ? state_.record->transitions : 0; }

// A leader comes back in time to say that it has ceased to lead.
Duration LeaderElection::patience() const {
  const Duration usual = settings_.renew_deadline / 2;
  if (!is_leader()) return usual;
  return std::min(usual, *state_.renewed_at + settings_.renew_deadline - clock_.elapsed());
}

net::awaitable<void> LeaderElection::read() {
  auto answered = co_await (get() || clock_.sleep_for(patience()));
  const Duration elapsed = clock_.elapsed();
  const Result<json::value> lease =
      answered.index() == 0 ? std::move(std::get<0>(answered)) : Result<json::value>(no_answer());
  if (lease) {
    in_trouble_ = false;
    lease_was_read(state_, settings_, lease_record_in(*lease), version_of(*lease), elapsed);
  } else if (lease.error().fault == Fault::not_found) {
    in_trouble_ = false;
    lease_was_read(state_, settings_, std::nullopt, "", elapsed);
  } else {
    note_failure(lease.error());
    lease_attempt_failed(state_, settings_, elapsed);
  }
}

net::awaitable<void> LeaderElection::write(LeaseWrite write) {
  const Duration sent = clock_.elapsed();
  LeaseWrite copy = write;
  auto answered = co_await (put(std::move(copy)) || clock_.sleep_for(patience()));
  const Result<json::value> lease =
      answered.index() == 0 ? std::move(std::get<0>(answered)) : Result<json::value>(no_answer());
  if (lease) {
    in_trouble_ = false;
    lease_was_written(state_, settings_, std::move(write.record), version_of(*lease), sent);
    co_return;
  }
  const Fault fault = lease.error().fault;
  if (fault == Fault::conflict || fault == Fault::already_exists || fault == Fault::not_found) {
    lease_was_contested(state_, settings_, clock_.elapsed());
    co_return;
  }
  note_failure(lease.error());
  lease_attempt_failed(state_, settings_, clock_.elapsed());
}

net::awaitable<Result<json::value>> LeaderElection::get() { return client_.get(resources::leases, lease_); }

net::awaitable<Result<json::value>> LeaderElection::put(LeaseWrite write) {
  if (write.version.empty()) return client_.create(resources::leases, lease_.ns, body_of(lease_, write));
  Patch patch;
  patch.type = PatchType::merge;
  patch.body = body_of(lease_, write);
  return client_.patch(resources::leases, lease_, std::move(patch));
}

void LeaderElection::note_leadership() {
  const bool leads = is_leader();
  if (leads == was_leader_) return;
  was_leader_ = leads;
  log_.info(leads ? "became the leader" : "ceased to be the leader",
            {{"lease", lease_.text()}, {"identity", settings_.identity}});
  if (listener_) listener_(leads);
}

void LeaderElection::note_failure(const Error& error) {
  if (std::exchange(in_trouble_, true)) return;
  log_.warning("cannot reach the lease", {{"lease", lease_.text()}, {"error", error.message}});
}

}  // namespace sluice::kube
