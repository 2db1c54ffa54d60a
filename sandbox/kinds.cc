// The registry of served kinds.
#include "sandbox/kinds.h"

#include <algorithm>

namespace sluice::sandbox {

void Kinds::add(Kind kind) {
  ++revision_;
  if (kind.storage.empty()) kind.storage = kind.group + "/" + kind.plural;
  if (kind.list_kind.empty()) kind.list_kind = kind.kind + "List";
  const auto made = std::make_shared<const Kind>(std::move(kind));
  for (KindPtr& known : kinds_) {
    if (known->group != made->group || known->version != made->version || known->plural != made->plural) continue;
    known = made;
    return;
  }
  kinds_.push_back(made);
}

void Kinds::remove(std::string_view group, std::string_view plural) {
  ++revision_;
  std::erase_if(kinds_, [&](const KindPtr& kind) { return kind->group == group && kind->plural == plural; });
}

KindPtr Kinds::find(std::string_view group, std::string_view version, std::string_view plural) const {
  for (const KindPtr& kind : kinds_)
    if (kind->plural == plural && kind->group == group && kind->version == version) return kind;
  return nullptr;
}

KindPtr Kinds::find_kind(std::string_view group, std::string_view version, std::string_view name) const {
  for (const KindPtr& kind : kinds_)
    if (kind->kind == name && kind->group == group && kind->version == version) return kind;
  return nullptr;
}

bool Kinds::has_version(std::string_view group, std::string_view version) const {
  return std::any_of(kinds_.begin(), kinds_.end(),
                     [&](const KindPtr& kind) { return kind->group == group && kind->version == version; });
}

}  // namespace sluice::sandbox
