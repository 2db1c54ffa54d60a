// The shape of Kubernetes' PodTemplateSpec as data: which members each type has, in which order, when they are written.
#pragma once

#include <string_view>
#include <vector>

namespace sluice::crds {

// A type and its members, separated by blanks, each as "name:type". "name!" is written even when it is empty. A type is
//   s text, b boolean, n number, q quantity, i integer or text, t time, r kept as it is, or the name of another row;
//   *T a T or null, []T a list, {}T a map from text.
struct FieldRow {
  std::string_view type;
  std::string_view fields;
};

const std::vector<FieldRow>& pod_template_fields();

}  // namespace sluice::crds
