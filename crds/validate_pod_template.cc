// Checking the parts of a pod template one after the other.
#include "crds/validate_pod_template.h"

#include <set>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "crds/field_error.h"
#include "kube/json.h"
#include "kube/quantity.h"
#include "kube/selector.h"

namespace sluice::crds {
namespace {

constexpr std::string_view label_rule =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character";

bool is_dns_label(std::string_view name) {
  if (name.empty() || name.size() > 63 || name.front() == '-' || name.back() == '-') return false;
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

const json::array& items_at(const json::value& value, std::string_view name) {
  static const json::array none;
  const json::value* found = kube::find_at(value, {name});
  return found && found->is_array() ? found->get_array() : none;
}

bool has(const json::value& value, std::string_view name) {
  const json::value* found = kube::find_at(value, {name});
  return found && !found->is_null();
}

class Check {
 public:
  Check(const json::value& spec, std::string at, kube::Mistakes& mistakes)
      : spec_(spec), at_(std::move(at)), mistakes_(mistakes) {}

  void run() {
    check_volumes();
    if (items_at(spec_, "containers").empty()) add(mistakes_, required(at_ + ".containers"));
    for (const std::string_view list : {"initContainers", "containers"}) {
      std::size_t index = 0;
      for (const json::value& container : items_at(spec_, list))
        check_container(container, fmt::format("{}.{}[{}]", at_, list, index++));
    }
    check_fields_of_pods();
  }

 private:
  void check_name(std::string_view name, const std::string& path, std::set<std::string>& taken) {
    if (name.empty())
      add(mistakes_, required(path));
    else if (!is_dns_label(name))
      add(mistakes_, invalid(path, name, label_rule));
    else if (!taken.emplace(name).second)
      add(mistakes_, duplicate(path, name));
  }

  void check_volumes() {
    std::size_t index = 0;
    for (const json::value& volume : items_at(spec_, "volumes"))
      check_name(kube::text_at(volume, {"name"}), fmt::format("{}.volumes[{}].name", at_, index++), volumes_);
  }

  void check_container(const json::value& container, const std::string& path) {
    check_name(kube::text_at(container, {"name"}), path + ".name", containers_);
    const std::string_view image = kube::text_at(container, {"image"});
    if (image.empty()) add(mistakes_, required(path + ".image"));
    if (image.find_first_of(" \t\n") != std::string_view::npos)
      add(mistakes_, invalid(path + ".image", image, "must not have leading or trailing whitespace"));
    check_ports(container, path);
    check_environment(container, path);
    check_mounts(container, path);
    for (const std::string_view list : {"limits", "requests"}) check_quantities(container, list, path);
    check_requests(container, path);
    const std::string_view policy = kube::text_at(container, {"imagePullPolicy"});
    if (!policy.empty() && policy != "Always" && policy != "IfNotPresent" && policy != "Never")
      unsupported(path + ".imagePullPolicy", policy, R"("Always", "IfNotPresent", "Never")");
  }

  void check_ports(const json::value& container, const std::string& path) {
    std::size_t index = 0;
    std::set<std::string> names;
    for (const json::value& port : items_at(container, "ports")) {
      const std::string at = fmt::format("{}.ports[{}]", path, index++);
      const std::int64_t number = kube::number_at(port, {"containerPort"});
      if (number == 0)
        add(mistakes_, required(at + ".containerPort"));
      else if (number < 1 || number > 65535)
        add(mistakes_, invalid(at + ".containerPort", number, "must be between 1 and 65535, inclusive"));
      const std::string_view name = kube::text_at(port, {"name"});
      if (!name.empty() && !names.emplace(name).second) add(mistakes_, duplicate(at + ".name", name));
      const std::string_view protocol = kube::text_at(port, {"protocol"});
      if (!protocol.empty() && protocol != "TCP" && protocol != "UDP" && protocol != "SCTP")
        unsupported(at + ".protocol", protocol, R"("SCTP", "TCP", "UDP")");
    }
  }

  void check_environment(const json::value& container, const std::string& path) {
    std::size_t index = 0;
    for (const json::value& variable : items_at(container, "env")) {
      const std::string at = fmt::format("{}.env[{}]", path, index++);
      if (kube::text_at(variable, {"name"}).empty()) add(mistakes_, required(at + ".name"));
      if (!kube::text_at(variable, {"value"}).empty() && has(variable, "valueFrom"))
        add(mistakes_, invalid(at + ".valueFrom", "", "may not be specified when `value` is not empty"));
    }
  }

  void check_mounts(const json::value& container, const std::string& path) {
    std::size_t index = 0;
    for (const json::value& mount : items_at(container, "volumeMounts")) {
      const std::string at = fmt::format("{}.volumeMounts[{}]", path, index++);
      const std::string_view name = kube::text_at(mount, {"name"});
      if (name.empty())
        add(mistakes_, required(at + ".name"));
      else if (!volumes_.contains(std::string(name)))
        mistakes_.push_back({at + ".name", fmt::format("Not found: \"{}\"", name)});
      if (kube::text_at(mount, {"mountPath"}).empty()) add(mistakes_, required(at + ".mountPath"));
    }
  }

  static kube::Result<kube::Quantity> quantity(const json::value& value) {
    return kube::Quantity::parse(value.is_string() ? std::string(value.get_string()) : kube::print_json(value));
  }

  void check_quantities(const json::value& container, std::string_view list, const std::string& path) {
    const json::value* found = kube::find_at(container, {"resources", list});
    if (!found || !found->is_object()) return;
    for (const auto& member : found->get_object()) {
      const std::string at = fmt::format("{}.resources.{}[{}]", path, list, std::string_view(member.key()));
      const kube::Result<kube::Quantity> amount = quantity(member.value());
      const std::string text =
          member.value().is_string() ? std::string(member.value().get_string()) : kube::print_json(member.value());
      if (!amount)
        add(mistakes_, invalid(at, text, amount.error().message));
      else if (*amount < kube::Quantity(0))
        add(mistakes_, invalid(at, text, "must be greater than or equal to 0"));
    }
  }

  void check_requests(const json::value& container, const std::string& path) {
    const json::value* requests = kube::find_at(container, {"resources", "requests"});
    if (!requests || !requests->is_object()) return;
    for (const auto& member : requests->get_object()) {
      const std::string_view name = member.key();
      const json::value* limit = kube::find_at(container, {"resources", "limits", name});
      if (!limit) continue;
      const kube::Result<kube::Quantity> asked = quantity(member.value());
      const kube::Result<kube::Quantity> most = quantity(*limit);
      if (asked && most && *asked > *most)
        add(mistakes_, invalid(path + ".resources.requests", asked->text(),
                               fmt::format("must be less than or equal to {} limit of {}", name, most->text())));
    }
  }

  void check_fields_of_pods() {
    const std::string_view restart = kube::text_at(spec_, {"restartPolicy"});
    if (!restart.empty() && restart != "Always") unsupported(at_ + ".restartPolicy", restart, R"("Always")");
    if (has(spec_, "activeDeadlineSeconds"))
      add(mistakes_, forbidden(at_ + ".activeDeadlineSeconds", "activeDeadlineSeconds in ReplicaSet is not Supported"));
    if (!items_at(spec_, "ephemeralContainers").empty())
      add(mistakes_, forbidden(at_ + ".ephemeralContainers", "ephemeral containers not allowed in pod template"));
    const std::int64_t grace = kube::number_at(spec_, {"terminationGracePeriodSeconds"});
    if (grace < 0)
      add(mistakes_, invalid(at_ + ".terminationGracePeriodSeconds", grace, "must be greater than or equal to 0"));
  }

  void unsupported(std::string path, std::string_view value, std::string_view supported) {
    mistakes_.push_back(
        {std::move(path), fmt::format("Unsupported value: \"{}\": supported values: {}", value, supported)});
  }

  const json::value& spec_;
  std::string at_;
  kube::Mistakes& mistakes_;
  std::set<std::string> volumes_;
  std::set<std::string> containers_;
};

void check_labels(const PodTemplate& pod_template, const kube::LabelSelector& selector, const std::string& at,
                  kube::Mistakes& mistakes) {
  const std::string path = at + ".metadata.labels";
  if (!selector.empty() && !kube::matches(selector, pod_template.labels)) {
    std::string labels;
    for (const auto& [key, value] : pod_template.labels)
      labels += fmt::format("{}\"{}\":\"{}\"", labels.empty() ? "" : ",", key, value);
    mistakes.push_back(
        {path, fmt::format("Invalid value: {{{}}}: `selector` does not match template `labels`", labels)});
  }
  for (const auto& [key, value] : pod_template.labels) {
    if (const char* wrong = kube::what_is_wrong_with_label_key(key)) add(mistakes, invalid(path, key, wrong));
    if (const char* wrong = kube::what_is_wrong_with_label_value(value)) add(mistakes, invalid(path, value, wrong));
  }
}

}  // namespace

kube::Mistakes validate_pod_template(const PodTemplatePointer& pod_template, const kube::LabelSelector& selector,
                                     const std::string& at) {
  kube::Mistakes mistakes;
  const PodTemplate empty;
  check_labels(pod_template ? *pod_template : empty, selector, at, mistakes);
  const json::value value = pod_template ? to_json(*pod_template) : json::value();
  const json::value* spec = kube::find_at(value, {"spec"});
  const json::value nothing;
  Check(spec ? *spec : nothing, at + ".spec", mistakes).run();
  return mistakes;
}

}  // namespace sluice::crds
