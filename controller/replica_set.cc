// What one ReplicaSet of a Rollout says about itself.
#include "controller/replica_set.h"

#include <algorithm>
#include <charconv>

#include "controller/keys.h"

namespace sluice::controller {
namespace {

template <class T>
std::optional<T> number_in(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view annotation(const ReplicaSetPointer& set, std::string_view key) {
  return set ? set->meta.annotations.get(key) : std::string_view();
}

}  // namespace

std::string hash_of(const ReplicaSetPointer& set) {
  return set ? std::string(set->meta.labels.get(keys::hash_label)) : std::string();
}

std::int64_t revision_of(const ReplicaSetPointer& set) {
  return number_in<std::int64_t>(annotation(set, keys::revision)).value_or(0);
}

std::optional<int> noted_replicas(const ReplicaSetPointer& set) {
  return number_in<int>(annotation(set, keys::desired_replicas));
}

int desired_of(const ReplicaSetPointer& set) { return set ? set->desired() : 0; }

int available_of(const ReplicaSetPointer& set) {
  return set ? std::min<int>(set->status.available_replicas, set->desired()) : 0;
}

bool is_saturated(const ReplicaSetPointer& set, int replicas) {
  return set && set->desired() == replicas && noted_replicas(set) == replicas && available_of(set) == replicas;
}

bool has_deadline(const ReplicaSetPointer& set) {
  return set && set->meta.annotations.contains(keys::scale_down_deadline);
}

std::optional<Time> deadline_of(const ReplicaSetPointer& set) {
  if (!has_deadline(set)) return std::nullopt;
  const kube::Result<Time> time = kube::parse_time(annotation(set, keys::scale_down_deadline));
  return time ? *time : Time{};
}

bool same_set(const ReplicaSetPointer& left, const ReplicaSetPointer& right) {
  return left && right && left->meta.name == right->meta.name;
}

Precondition precondition_of(const kube::ObjectMeta& meta) { return {meta.uid, meta.resource_version}; }

}  // namespace sluice::controller
