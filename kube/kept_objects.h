// Packed objects by namespace and name, and by one further property; one piece of memory for each object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "kube/metadata.h"

namespace sluice::kube {

// Texts of different namespaces or names may share a hash; keys are compared. The index is by hash alone: whoever asks
// it looks at what it finds.
class KeptObjects {
 public:
  // What is kept of one object. The views hold until it is replaced or erased.
  class Kept {
   public:
    std::string_view ns() const { return {text(), ns_size_}; }
    std::string_view name() const { return {text() + ns_size_, name_size_}; }
    std::string_view bytes() const { return {text() + ns_size_ + name_size_, bytes_size_}; }
    ObjectKey key() const { return {std::string(ns()), std::string(name())}; }
    unsigned listing = 0;  // the list that named it last

    struct Delete {
      void operator()(Kept* kept) const { ::operator delete(kept); }
    };
    using Pointer = std::unique_ptr<Kept, Delete>;
    static Pointer make(const ObjectKey& key, std::string_view bytes);

   private:
    const char* text() const { return reinterpret_cast<const char*>(this + 1); }
    std::uint32_t bytes_size_ = 0;
    std::uint16_t ns_size_ = 0;
    std::uint16_t name_size_ = 0;
  };

  // nullptr when there is none.
  Kept* find(const ObjectKey& key) const;
  // Adds or replaces. `property` is what index() finds it by, "" for nothing; `before` is the one it was put with.
  Kept& put(const ObjectKey& key, std::string_view bytes, std::string_view property, std::string_view before);
  // `property` is what it was put with.
  void erase(const ObjectKey& key, std::string_view property);
  // Calls visit(const Kept&) for those with this property, and perhaps for a few others.
  template <class Visit>
  void index(std::string_view property, Visit visit) const {
    for (auto [at, end] = index_.equal_range(hash_of(property)); at != end; ++at) visit(*at->second);
  }
  template <class Visit>
  void for_each(Visit visit) const {
    for (const Kept::Pointer& kept : objects_) visit(*kept);
  }
  std::size_t size() const { return objects_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const Kept::Pointer& kept) const { return hash_of(kept->ns(), kept->name()); }
    std::size_t operator()(const ObjectKey& key) const { return hash_of(key.ns, key.name); }
  };
  struct Same {
    using is_transparent = void;
    bool operator()(const Kept::Pointer& left, const Kept::Pointer& right) const { return left == right; }
    bool operator()(const ObjectKey& left, const Kept::Pointer& right) const {
      return left.ns == right->ns() && left.name == right->name();
    }
    bool operator()(const Kept::Pointer& left, const ObjectKey& right) const { return (*this)(right, left); }
  };
  void unindex(const Kept& kept, std::string_view property);
  static std::size_t hash_of(std::string_view text) { return std::hash<std::string_view>{}(text); }
  static std::size_t hash_of(std::string_view ns, std::string_view name) { return hash_of(name) * 31 + hash_of(ns); }

  std::unordered_set<Kept::Pointer, Hash, Same> objects_;
  std::unordered_multimap<std::size_t, Kept*> index_;  // by the hash of the property
};

}  // namespace sluice::kube
