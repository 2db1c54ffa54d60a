// The alphabet of packed structs: numbers of variable length, texts, and words that are kept once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::kube {

class PackedWriter {
 public:
  // One byte below 128, up to ten for large numbers.
  void number(std::uint64_t number);
  void signed_number(std::int64_t number);
  // A uid takes 16 bytes, a decimal number no more than a number; a text that is a known word a byte or two.
  void text(std::string_view text);
  // A text that many objects have, such as the key of a label. Long ones are written as texts are.
  void word(std::string_view text);

  std::size_t size() const { return bytes_.size(); }
  // Takes back what was written after it had this size.
  void cut(std::size_t size) { bytes_.resize(size); }
  std::string take() && { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reads what a PackedWriter of the same thread wrote, in the same order.
class PackedReader {
 public:
  explicit PackedReader(std::string_view bytes) : left_(bytes) {}
  std::uint64_t number();
  std::int64_t signed_number();
  std::string text();

 private:
  std::string_view left_;
};

}  // namespace sluice::kube
