"""Problems of whole files, told by what reads them."""
