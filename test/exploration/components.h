// Objects that many states share: each different one is kept once and known by a number.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kube/packing.h"

namespace sluice::exploration {

// The number of an object is also its resourceVersion, so that a precondition holds exactly while the object is the
// same.
template <class T>
class Components {
 public:
  using Pointer = std::shared_ptr<const T>;

  // 1, 2, ... ; 0 stands for no object.
  std::uint32_t number_of(T object) {
    object.meta.resource_version.clear();
    std::string key = object.meta.name + '\0' + kube::packed(object);
    const auto [at, is_new] = numbers_.try_emplace(std::move(key), static_cast<std::uint32_t>(objects_.size() + 1));
    if (is_new) {
      object.meta.resource_version = std::to_string(at->second);
      objects_.push_back(std::make_shared<const T>(std::move(object)));
    }
    return at->second;
  }
  const Pointer& operator[](std::uint32_t number) const { return objects_[number - 1]; }
  std::size_t size() const { return objects_.size(); }

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<Pointer> objects_;
};

}  // namespace sluice::exploration
