// A weak table of immutable values: equal values share memory, and a value goes when nobody uses it any more.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <unordered_map>
#include <utility>

namespace sluice::crds {

// One table belongs to one thread; the values it hands out may be read by any.
template <class T>
class InternTable {
 public:
  // The kept value for which `same` answers true, or the one that `make` answers, which is kept from now on.
  template <class Same, class Make>
  std::shared_ptr<const T> intern(std::size_t hash, Same same, Make make) {
    const auto [first, last] = entries_.equal_range(hash);
    for (auto at = first; at != last; ++at)
      if (std::shared_ptr<const T> kept = at->second.lock(); kept && same(*kept)) return kept;
    if (entries_.size() >= sweep_at_) sweep();
    std::shared_ptr<const T> made = make();
    entries_.emplace(hash, made);
    return made;
  }
  // Values in use.
  std::size_t size() {
    sweep();
    return entries_.size();
  }

 private:
  void sweep() {
    std::erase_if(entries_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = std::max<std::size_t>(64, entries_.size() * 2);
  }

  std::unordered_multimap<std::size_t, std::weak_ptr<const T>> entries_;
  std::size_t sweep_at_ = 64;
};

}  // namespace sluice::crds
