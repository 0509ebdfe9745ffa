"""The compiled engine, ``pip install "scalewidgets[fast]"``: the same numbers sooner.

NumPy is the engine of record. What is here follows its steps in machine code for the laws and objectives it
knows (:func:`.choice.declined` says which it does not), and every fit's certificate says which engine
computed it. Objectives agree to 1e-12; both engines end with a Newton step without damping, so that
coefficients agree to some 1e-11 even along the flat valleys of a sum of power laws.
"""
