// The defaults of pod templates as a table, and comparing templates with them.
#include "crds/pod_defaults.h"

#include <algorithm>
#include <new>
#include <string>
#include <string_view>

#include <boost/json.hpp>
#include <openssl/evp.h>

#include "crds/pod_additions.h"
#include "crds/pod_template_hash.h"
#include "crds/pod_template_text.h"
#include "kube/json.h"

namespace sluice::crds {
namespace {

// A path names members; "a|b" stands for either, "a[]" for every element of a list.
struct Default {
  std::string_view path;
  std::string_view value;  // JSON
};

constexpr Default defaults[] = {
    {"spec.dnsPolicy", R"("ClusterFirst")"},
    {"spec.restartPolicy", R"("Always")"},
    {"spec.securityContext", "{}"},
    {"spec.terminationGracePeriodSeconds", "30"},
    {"spec.schedulerName", R"("default-scheduler")"},
    {"spec.volumes[].hostPath.type", R"("")"},
    {"spec.volumes[].secret|configMap|downwardAPI|projected.defaultMode", "420"},
    {"spec.volumes[].iscsi.iscsiInterface", R"("default")"},
    {"spec.volumes[].rbd.pool", R"("rbd")"},
    {"spec.volumes[].rbd.user", R"("admin")"},
    {"spec.volumes[].rbd.keyring", R"("/etc/ceph/keyring")"},
    {"spec.volumes[].azureDisk.cachingMode", R"("ReadWrite")"},
    {"spec.volumes[].azureDisk.fsType", R"("ext4")"},
    {"spec.volumes[].azureDisk.readOnly", "false"},
    {"spec.volumes[].azureDisk.kind", R"("Shared")"},
    {"spec.volumes[].scaleIO.storageMode", R"("ThinProvisioned")"},
    {"spec.volumes[].scaleIO.fsType", R"("xfs")"},
    {"spec.volumes[].downwardAPI.items[].fieldRef.apiVersion", R"("v1")"},
    {"spec.volumes[].projected.sources[].downwardAPI.items[].fieldRef.apiVersion", R"("v1")"},
    {"spec.volumes[].projected.sources[].serviceAccountToken.expirationSeconds", "3600"},
    {"spec.volumes[].ephemeral.volumeClaimTemplate.spec.volumeMode", R"("Filesystem")"},
    {"spec.containers|initContainers|ephemeralContainers[].terminationMessagePath", R"("/dev/termination-log")"},
    {"spec.containers|initContainers|ephemeralContainers[].terminationMessagePolicy", R"("File")"},
    {"spec.containers|initContainers|ephemeralContainers[].ports[].protocol", R"("TCP")"},
    {"spec.containers|initContainers|ephemeralContainers[].env[].valueFrom.fieldRef.apiVersion", R"("v1")"},
    {"spec.containers|initContainers|ephemeralContainers[].env[].valueFrom.fileKeyRef.optional", "false"},
    {"spec.containers|initContainers[].lifecycle.postStart|preStop.httpGet.path", R"("/")"},
    {"spec.containers|initContainers[].lifecycle.postStart|preStop.httpGet.scheme", R"("HTTP")"},
    {"spec.containers|initContainers[].livenessProbe|readinessProbe|startupProbe.timeoutSeconds", "1"},
    {"spec.containers|initContainers[].livenessProbe|readinessProbe|startupProbe.periodSeconds", "10"},
    {"spec.containers|initContainers[].livenessProbe|readinessProbe|startupProbe.successThreshold", "1"},
    {"spec.containers|initContainers[].livenessProbe|readinessProbe|startupProbe.failureThreshold", "3"},
    {"spec.containers|initContainers[].livenessProbe|readinessProbe|startupProbe.httpGet.path", R"("/")"},
    {"spec.containers|initContainers[].livenessProbe|readinessProbe|startupProbe.httpGet.scheme", R"("HTTP")"},
    {"spec.containers|initContainers[].livenessProbe|readinessProbe|startupProbe.grpc.service", R"("")"},
};

std::string_view take_until(std::string_view& text, char separator) {
  const std::string_view taken = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), taken.size() + 1));
  return taken;
}

// The numbers of a probe count as left out when they are 0; others, such as a grace period, may be 0.
bool is_left_out(const json::value* value, std::string_view path) {
  if (!value || value->is_null()) return true;
  if (value->is_string()) return value->get_string().empty();
  return value->is_int64() && value->get_int64() == 0 && path.find("Probe") != std::string_view::npos;
}

void set_default(json::value& at, std::string_view rest, const Default& row) {
  if (!at.is_object()) return;
  json::object& object = at.get_object();
  std::string_view names = take_until(rest, '.');
  const bool last = rest.empty();
  const bool each = names.ends_with("[]");
  if (each) names.remove_suffix(2);
  while (!names.empty()) {
    const std::string_view name = take_until(names, '|');
    json::value* found = object.if_contains(name);
    if (last) {
      if (is_left_out(found, row.path)) object[name] = kube::parse_json(row.value).value();
    } else if (found && each && found->is_array()) {
      for (json::value& item : found->get_array()) set_default(item, rest, row);
    } else if (found && !each) {
      set_default(*found, rest, row);
    }
  }
}

// An image without tag and digest means the tag `latest`.
bool is_latest(std::string_view image) {
  if (image.find('@') != std::string_view::npos) return false;
  const std::string_view last = image.substr(image.rfind('/') == std::string_view::npos ? 0 : image.rfind('/') + 1);
  const std::size_t colon = last.find(':');
  return colon == std::string_view::npos || last.substr(colon + 1) == "latest";
}

void set_pull_policy(json::value& at, std::string_view policy, std::string_view image) {
  if (at.is_object() && is_left_out(at.get_object().if_contains(policy), policy))
    at.get_object()[policy] = is_latest(kube::text_at(at, {image})) ? "Always" : "IfNotPresent";
}

json::array* list_at(json::value& spec, std::string_view name) {
  json::value* list = spec.is_object() ? spec.get_object().if_contains(name) : nullptr;
  return list && list->is_array() ? &list->get_array() : nullptr;
}

void set_volume_defaults(json::value& volume) {
  if (!volume.is_object()) return;
  json::object& object = volume.get_object();
  const bool has_source = std::any_of(object.begin(), object.end(), [](const auto& member) {
    return member.key() != "name" && !member.value().is_null();
  });
  if (!has_source) object["emptyDir"].emplace_object();
  if (json::value* image = object.if_contains("image")) set_pull_policy(*image, "pullPolicy", "reference");
}

json::value* member_at(json::value* at, std::string_view name) {
  return at && at->is_object() ? at->get_object().if_contains(name) : nullptr;
}

void remove_keys(json::value* map, const kube::StringMap& keys) {
  if (!map || !map->is_object()) return;
  for (const auto& entry : keys) map->get_object().stable_erase(entry.first);
}

bool names_the_hash(const json::value& term) {
  const json::value* selected = kube::find_at(term, {"labelSelector", "matchExpressions"});
  if (!selected || !selected->is_array()) return false;
  for (const json::value& expression : selected->get_array())
    if (kube::text_at(expression, {"key"}) == hash_label) return true;
  return false;
}

// Takes the terms that the controller has added out of one list, and the list when nothing is left.
void remove_terms(json::object& anti_affinity, std::string_view name) {
  json::value* list = anti_affinity.if_contains(name);
  if (!list || !list->is_array()) return;
  json::array kept;
  for (const json::value& term : list->get_array()) {
    const json::value* inner = kube::find_at(term, {"podAffinityTerm"});
    if (!names_the_hash(inner ? *inner : term)) kept.push_back(term);
  }
  if (kept.empty())
    anti_affinity.stable_erase(name);
  else
    *list = std::move(kept);
}

void remove_anti_affinity(json::value& spec) {
  json::value* affinity = member_at(&spec, "affinity");
  json::value* anti_affinity = member_at(affinity, "podAntiAffinity");
  if (!anti_affinity || !anti_affinity->is_object()) return;
  json::object& terms = anti_affinity->get_object();
  const std::size_t before = terms.size();
  remove_terms(terms, "requiredDuringSchedulingIgnoredDuringExecution");
  remove_terms(terms, "preferredDuringSchedulingIgnoredDuringExecution");
  if (terms.size() == before || !terms.empty()) return;
  affinity->get_object().stable_erase("podAntiAffinity");
  if (affinity->get_object().empty()) spec.get_object().stable_erase("affinity");
}

// The text by which templates are compared.
std::string meaning_of(json::value value, const Metadata& injected) {
  json::value* metadata = member_at(&value, "metadata");
  remove_keys(member_at(metadata, "labels"), injected.labels);
  remove_keys(member_at(metadata, "annotations"), injected.annotations);
  remove_keys(member_at(metadata, "labels"), kube::StringMap{{std::string(hash_label), ""}});
  if (json::value* spec = member_at(&value, "spec"); spec && spec->is_object()) {
    remove_anti_affinity(*spec);
    spec->get_object().stable_erase("serviceAccount");
  }
  set_pod_defaults(value);
  return canonical_pod_template(value);
}

// 128 bits, so that two meanings never share one by accident.
std::string digest_of(const std::string& text) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), bytes, &size, EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
  return {reinterpret_cast<const char*>(bytes), 16};
}

}  // namespace

void set_pod_defaults(json::value& pod_template) {
  if (!pod_template.is_object()) return;
  json::value& spec = pod_template.get_object()["spec"];
  if (spec.is_null()) spec.emplace_object();
  if (json::array* volumes = list_at(spec, "volumes"))
    for (json::value& volume : *volumes) set_volume_defaults(volume);
  for (const std::string_view name : {"containers", "initContainers", "ephemeralContainers"})
    if (json::array* containers = list_at(spec, name))
      for (json::value& container : *containers) set_pull_policy(container, "imagePullPolicy", "image");
  for (const Default& row : defaults) set_default(pod_template, row.path, row);
}

bool same_template(const PodTemplate& live, const PodTemplate& desired, const Metadata& injected) {
  if (live == desired) return true;
  const std::string wanted = meaning_of(to_json(desired), {});
  return live.text.empty() ? live.meaning == digest_of(wanted) : meaning_of(to_json(live), injected) == wanted;
}

PodTemplatePointer keep_meaning(const json::value& pod_template, const Metadata& injected) {
  if (!pod_template.is_object()) return nullptr;
  auto kept = std::make_shared<PodTemplate>();
  kept->meaning = digest_of(meaning_of(pod_template, injected));
  kept->away_from = kept_away_from(pod_template);
  return kept;
}

}  // namespace sluice::crds
