// Printing label selectors.
#include "sandbox/selector_text.h"

#include <boost/json.hpp>

#include "kube/fields.h"
#include "kube/selector.h"

namespace sluice::sandbox {

std::string selector_text(const boost::json::value& selector) {
  if (!selector.is_object()) return "";
  const auto& members = selector.get_object();
  kube::Mistakes mistakes;
  if (members.contains("matchLabels") || members.contains("matchExpressions"))
    return kube::format_selector(kube::decode<kube::LabelSelector>(selector, mistakes));
  kube::LabelSelector plain;
  plain.match_labels = kube::decode<kube::StringMap>(selector, mistakes);
  return kube::format_selector(plain);
}

}  // namespace sluice::sandbox
