// Keeping packed objects.
#include "kube/kept_objects.h"

#include <cassert>
#include <cstring>
#include <limits>
#include <new>

namespace sluice::kube {

KeptObjects::Kept::Pointer KeptObjects::Kept::make(const ObjectKey& key, std::string_view bytes) {
  assert(key.ns.size() <= std::numeric_limits<std::uint16_t>::max());
  assert(key.name.size() <= std::numeric_limits<std::uint16_t>::max());
  const std::size_t size = key.ns.size() + key.name.size() + bytes.size();
  Pointer kept(new (::operator new(sizeof(Kept) + size)) Kept);
  kept->ns_size_ = static_cast<std::uint16_t>(key.ns.size());
  kept->name_size_ = static_cast<std::uint16_t>(key.name.size());
  kept->bytes_size_ = static_cast<std::uint32_t>(bytes.size());
  char* to = reinterpret_cast<char*>(kept.get() + 1);
  for (const std::string_view part : {std::string_view(key.ns), std::string_view(key.name), bytes}) {
    std::memcpy(to, part.data(), part.size());
    to += part.size();
  }
  return kept;
}

KeptObjects::Kept* KeptObjects::find(const ObjectKey& key) const {
  const auto at = objects_.find(key);
  return at == objects_.end() ? nullptr : at->get();
}

KeptObjects::Kept& KeptObjects::put(const ObjectKey& key, std::string_view bytes, std::string_view property,
                                    std::string_view before) {
  erase(key, before);
  Kept& kept = **objects_.insert(Kept::make(key, bytes)).first;
  if (!property.empty()) index_.emplace(hash_of(property), &kept);
  return kept;
}

void KeptObjects::erase(const ObjectKey& key, std::string_view property) {
  const auto at = objects_.find(key);
  if (at == objects_.end()) return;
  unindex(**at, property);
  objects_.erase(at);
}

void KeptObjects::unindex(const Kept& kept, std::string_view property) {
  if (property.empty()) return;
  for (auto [at, end] = index_.equal_range(hash_of(property)); at != end; ++at)
    if (at->second == &kept) {
      index_.erase(at);
      return;
    }
}

}  // namespace sluice::kube
