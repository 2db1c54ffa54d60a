// Which object of a cluster is meant, whatever version of its kind it is written in.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

namespace sluice::gitops {

namespace json = boost::json;

struct ResourceId {
  std::string group;
  std::string kind;
  std::string ns;  // "" for cluster-scoped objects
  std::string name;
  auto operator<=>(const ResourceId&) const = default;
};

// "apps/Deployment default/web", "Namespace web": for messages.
std::string text_of(const ResourceId& id);

// The parts of an apiVersion: "apps/v1" is group "apps", version "v1"; "v1" is the core group.
std::string_view group_of(std::string_view api_version);
std::string_view version_of(std::string_view api_version);

// What the object says of itself; members that it lacks are "".
ResourceId id_of(const json::value& object);

// The value of an annotation or label; "" when it is absent or no string.
std::string_view annotation(const json::value& object, std::string_view name);
std::string_view label(const json::value& object, std::string_view name);

namespace annotations {
inline constexpr std::string_view tracking_id = "argocd.argoproj.io/tracking-id";
inline constexpr std::string_view sync_wave = "argocd.argoproj.io/sync-wave";
inline constexpr std::string_view sync_options = "argocd.argoproj.io/sync-options";
inline constexpr std::string_view compare_options = "argocd.argoproj.io/compare-options";
inline constexpr std::string_view hook = "argocd.argoproj.io/hook";
inline constexpr std::string_view hook_delete_policy = "argocd.argoproj.io/hook-delete-policy";
inline constexpr std::string_view ignore_healthcheck = "argocd.argoproj.io/ignore-healthcheck";
inline constexpr std::string_view refresh = "argocd.argoproj.io/refresh";
inline constexpr std::string_view skip_reconcile = "argocd.argoproj.io/skip-reconcile";
inline constexpr std::string_view last_applied = "kubectl.kubernetes.io/last-applied-configuration";
// Which run of which operation made a hook, so that a restarted controller does not run it twice.
inline constexpr std::string_view hook_run = "sluice.dev/sync-run";
}  // namespace annotations

inline constexpr std::string_view instance_label = "app.kubernetes.io/instance";

}  // namespace sluice::gitops
